import ArgumentParser
import Foundation
import Kafka
import Logging
import ServiceRuntime

/// `producer spool`: what the collector keeps on disk.
struct SpoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool",
        abstract: "Show what the collector's spool set aside, and send it.",
        discussion: """
            The collector sets aside what it cannot read of its spool (….damaged) and what Kafka never takes (….refused);
            /readyz warns of it. COLLECTOR_SPOOL_DIR is the collector's; it may be running.

              producer spool list       the files, and how many events are in each
              producer spool replay     send them, and delete what was sent
            """,
        subcommands: [SpoolListCommand.self, SpoolReplayCommand.self], defaultSubcommand: SpoolListCommand.self)

    /// The spool that the settings name.
    static func folder(_ settings: Settings) throws -> SpoolFolder {
        guard let path = try settings.value(of: CollectorSettings.spoolFolderSetting) else {
            throw SettingsError(CollectorSettings.spoolFolderSetting, "is not set. Name the collector's spool.")
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw ExitError(.configuration, "There is no spool at \(path) (COLLECTOR_SPOOL_DIR).")
        }
        return try SpoolFolder(path)
    }

    static let group = SettingGroup("Collector", [CollectorSettings.spoolFolderSetting])
}

struct SpoolListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The files that were set aside, and how many events are in each.")

    func run() async throws {
        let settings = try await Settings.load(producerService, groups: [SpoolCommand.group])
        try Observability.bootstrap(settings, level: .warning)
        let replay = SpoolReplay(try SpoolCommand.folder(settings))
        let (count, bytes) = try await replay.segments()
        Output.line("\(count) segments wait for the collector: \(bytes) bytes")
        let files = try await replay.list()
        for file in files {
            let unreadable = file.unreadableBytes > 0 ? ", \(file.unreadableBytes) bytes that cannot be read" : ""
            Output.line("\(file.file): \(file.events) events\(unreadable)")
        }
        if files.isEmpty { Output.line("nothing was set aside") }
    }
}

struct SpoolReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Send the files that were set aside, and delete what was sent.")

    func run() async throws {
        let settings = try await Settings.load(producerService, groups: [KafkaEndpoint.group, SpoolCommand.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let replay = SpoolReplay(try SpoolCommand.folder(settings))
        let producer = try KafkaProducer(
            KafkaSettings(KafkaEndpoint(settings), clientID: "producer-spool"), logger: logger)
        let outcomes: [SpoolReplay.Outcome]
        do {
            outcomes = try await replay.run {
                await Self.send($0, by: producer)
            } done: {
                Output.line(Self.text($0))
            }
        } catch {
            await producer.close(within: .zero)
            throw error
        }
        await producer.close()
        if outcomes.isEmpty { Output.line("nothing was set aside") }
        let refused = outcomes.reduce(0) { $0 + $1.refused }
        guard refused == 0 else {
            throw ExitError(.failed, "Kafka refused \(refused) events again; they are set aside as before.")
        }
    }

    private static func send(_ deliveries: [Delivery], by producer: KafkaProducer) async -> [FailedDelivery] {
        await withCheckedContinuation { continuation in
            producer.submit(deliveries.map(\.message)) { errors in
                continuation.resume(
                    returning: errors.map { FailedDelivery(delivery: deliveries[$0.key], error: $0.value) })
            }
        }
    }

    private static func text(_ outcome: SpoolReplay.Outcome) -> String {
        var text = "\(outcome.file): \(outcome.events) events sent"
        if outcome.refused > 0 { text += ", \(outcome.refused) refused again" }
        if let kept = outcome.kept {
            text += ", \(outcome.unreadableBytes) bytes that cannot be read are kept in \(kept)"
        }
        return text
    }
}
