import ArgumentParser
import Foundation
import ServiceRuntime
import Warehouse

/// `raw-sink dead-letters`: what was rejected, and why.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "Look at rejected messages, and try them again.",
        subcommands: [ListCommand.self, ShowCommand.self, RedriveCommand.self, ExportCommand.self])

    /// `dead-letters list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List rejected messages, the latest first.",
            discussion: """
                One line each: when, position, reason, field, message.

                  raw-sink dead-letters list
                  raw-sink dead-letters list --topic events --reason wrong_type --since 2026-11-23 --limit 20
                  raw-sink dead-letters list --json | jq .message
                """)

        @OptionGroup var which: DeadLetterOptions
        @Option(help: "How many at most.") var limit = 100
        @Flag(help: "A JSON object a line.") var json = false

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is \(limit); it must be 1 or more.") }
        }

        func run() async throws {
            let filter = try which.filter()
            try await DeadLettersCommand.withWarehouse { warehouse in
                let letters = try await warehouse.deadLetters(filter, limit: limit)
                for letter in letters { print(json ? try DeadLetterJSON.line(letter) : DeadLetterText.line(letter)) }
                if letters.isEmpty && !json { Output.line("no dead letters") }
            }
        }
    }

    /// `dead-letters show`.
    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show one rejected message whole.",
            discussion: """
                The position is topic/partition/offset, as `list` prints it.

                  raw-sink dead-letters show events/3/1042
                  raw-sink dead-letters show events/3/1042 --raw > message.json
                """)

        @Argument(help: "topic/partition/offset") var position: String
        @Flag(help: "Write the value alone, byte for byte.") var raw = false
        @Flag(help: "As a JSON object.") var json = false

        func run() async throws {
            guard let filter = DeadLetterText.filter(position) else {
                throw ValidationError(
                    "\"\(position)\" is no position; write topic/partition/offset, as in events/3/1042.")
            }
            try await DeadLettersCommand.withWarehouse { warehouse in
                guard let letter = try await warehouse.deadLetters(filter, limit: 1).first else {
                    throw ExitError(.failed, "there is no dead letter \(position)")
                }
                if raw {
                    try FileHandle.standardOutput.write(contentsOf: letter.value ?? [])
                } else if json {
                    print(try DeadLetterJSON.line(letter))
                } else {
                    print(DeadLetterText.page(letter))
                }
            }
        }
    }

    static func withWarehouse(_ body: (any RawWarehouse) async throws -> Void) async throws {
        let settings = try await Settings.load(rawSinkService, groups: SinkWarehouse.groups)
        let logger = try Observability.bootstrap(settings, level: .warning)
        let warehouse = try SinkWarehouse.open(settings, connectionsMax: 1, logger: logger)
        do {
            try await body(warehouse)
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }
}
