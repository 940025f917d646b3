import ArgumentParser
import Foundation
import Postgres
import ServiceRuntime
import Warehouse

/// `raw-sink dead-letters`: what was rejected, and why.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "Look at rejected messages.",
        subcommands: [ListCommand.self, ShowCommand.self])

    /// `dead-letters list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List rejected messages, the latest first.",
            discussion: """
                One line each: when, position, reason, field, message.

                  raw-sink dead-letters list
                  raw-sink dead-letters list --topic events --reason wrong_type --limit 20
                """)

        @Option(help: "Of this topic only.") var topic: String?
        @Option(help: "For this reason only, such as invalid_json.") var reason: String?
        @Option(help: "How many at most.") var limit = 100

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is \(limit); it must be 1 or more.") }
        }

        func run() async throws {
            try await DeadLettersCommand.withWarehouse { warehouse in
                let letters = try await warehouse.deadLetters(
                    DeadLetterFilter(topic: topic, reason: reason), limit: limit)
                for letter in letters { print(DeadLetterText.line(letter)) }
                if letters.isEmpty { print("no dead letters") }
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
                    FileHandle.standardOutput.write(Data(letter.value ?? []))
                } else {
                    print(DeadLetterText.page(letter))
                }
            }
        }
    }

    private static func withWarehouse(_ body: (PostgresEngine) async throws -> Void) async throws {
        let settings = try await Settings.load(rawSinkService, groups: [PostgresEndpoint.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let warehouse = PostgresEngine(
            try PostgresSettings(PostgresEndpoint(settings)), connectionsMax: 1, logger: logger)
        do {
            try await body(warehouse)
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }
}
