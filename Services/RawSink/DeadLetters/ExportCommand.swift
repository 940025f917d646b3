import ArgumentParser
import Foundation
import Warehouse

/// `dead-letters export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write rejected messages to standard output, by position.",
        discussion: """
            A JSON object a line, with everything that is known: bytes as {"text": …} where they are UTF-8, else as
            {"base64": …}. With --raw the values alone, a line each, which `producer replay` takes once they are mended.

              raw-sink dead-letters export --topic events --since 2026-11-23 > letters.ndjson
              raw-sink dead-letters export --topic events --raw > values.ndjson
            """)

    @OptionGroup var which: DeadLetterOptions
    @Flag(help: "The values alone, a line each.") var raw = false
    @Option(help: "How many at most.") var limit: Int?

    func run() async throws {
        let filter = try which.filter()
        try await DeadLettersCommand.withWarehouse { warehouse in
            var left = limit ?? .max
            var last: DeadLetter.Position?
            while left > 0 {
                let page = try await warehouse.deadLetters(filter, after: last, limit: min(left, 200))
                guard let end = page.last else { return }
                for letter in page {
                    let line =
                        raw ? DeadLetterJSON.rawLine(letter) : Array((try DeadLetterJSON.line(letter) + "\n").utf8)
                    if let line { try FileHandle.standardOutput.write(contentsOf: line) }
                }
                last = end.position
                left -= page.count
            }
        }
    }
}
