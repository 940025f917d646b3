import ArgumentParser
import DataContract
import Kafka
import Pipeline
import ServiceLifecycle
import ServiceRuntime

/// `producer replay`: sends the records of a file to a topic.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send the records of a file: NDJSON, a JSON array, CSV, or exported dead letters; also gzip or zstd.",
        discussion: """
            Each record is checked by the topic's contract. What does not meet it is not sent; it is told with its line,
            and kept with --rejects. JSON that needs no change is sent byte for byte. A record without the contract's
            unique id gets one that is the same each time the file is sent.

            How far a file has been sent is kept in FILE.checkpoint: after a crash or a stop the same command goes on
            from there. At most what was not yet acknowledged is sent twice, with the same ids.

              producer replay events.ndjson.gz --topic events
              producer replay export.csv --map user_id=uid --map timestamp=created_at --constant event=page_view
              producer replay history.json --shift-to now --speed 60     a day in 24 minutes, as if it began now
              producer replay old.ndjson --check                         only say what would be rejected
              zcat *.gz | producer replay - --rate 1000 --rejects bad.ndjson --allow-rejects
              producer replay letters.ndjson --format dead-letters       what `raw-sink dead-letters export` wrote
            """)

    @Argument(help: "The file; - for standard input.") var file: String
    @Option(help: "The topic; may be left out where the pipeline has one contract.") var topic: String?
    @Option(
        help:
            "How records are written: \(InputFormat.allCases.map(\.rawValue).joined(separator: ", ")); else found from the file."
    )
    var format: InputFormat?
    @Option(help: "What is between the fields of CSV; \\t for a tab.") var delimiter = ","
    @Option(name: .customLong("map"), help: "FIELD=SOURCE: the contract's field, and what the file calls it.")
    var maps: [String] = []
    @Option(name: .customLong("constant"), help: "FIELD=TEXT: the same in every event.") var constants: [String] = []
    @Option(help: "The field that becomes the message's key; the contract's without it.") var key: String?
    @Option(
        help: "Move all times by the same amount, so that the first event happens then: now, or 2026-11-01T12:00:00Z.")
    var shiftTo: String?
    @Option(help: "Events a second; as many as possible without it.") var rate: Double?
    @Option(help: "As the events happened, so many times as fast.") var speed: Double?
    @Option(
        help: "Where to keep how far the file has been sent; FILE.checkpoint without it, nowhere for standard input.")
    var checkpoint: String?
    @Flag(help: "Begin anew, whatever the checkpoint says.") var restart = false
    @Option(help: "Write what is not sent to this file: a line of JSON for each, with its line, field and reason.")
    var rejects: String?
    @Flag(help: "Rejected records are no failure.") var allowRejects = false
    @Flag(help: "Send nothing; say what would be rejected.") var check = false

    func run() async throws {
        var replay = try checked()
        let settings = try await Settings.load(
            producerService, groups: [KafkaEndpoint.group, PipelineLocation.group])
        let logger = try Observability.bootstrap(settings)
        let endpoint = try KafkaEndpoint(settings)
        let folder = try PipelineFolder(at: PipelineLocation(settings).path)
        let contracts = try folder.contracts()
        guard !contracts.isEmpty else { throw ExitError.noContracts(in: folder) }
        let contract = try contract(among: contracts)
        try Self.check(replay.mapping, contract, isShifted: replay.time.first != nil)
        if let most = endpoint.properties["message.max.bytes"].flatMap({ Int($0) }) { replay.messageBytesMax = most }
        let kafka = KafkaSettings(endpoint, clientID: "producer-replay")
        let progress = ReplayProgress()
        let job = Replay(settings: replay, contract: contract, kafka: kafka, progress: progress, logger: logger)
        let reporter = ReplayReporter(progress: progress, topic: contract.topic.name, logger: logger)
        try await Lifecycle.run([reporter], job: job, settings: settings, health: HealthChecks(), logger: logger)
    }

    /// - Throws: `ValidationError` (exit code 2) for values that make no sense.
    func checked() throws -> ReplaySettings {
        var settings = ReplaySettings(file: file)
        settings.format = format
        let mark = delimiter == "\\t" ? "\t" : delimiter
        guard mark.utf8.count == 1, let byte = mark.utf8.first, byte != UInt8(ascii: "\"") else {
            throw ValidationError("--delimiter is \"\(delimiter)\"; it must be one character, such as ; or \\t.")
        }
        settings.delimiter = byte
        if mark == ",", file.lowercased().contains(".tsv") { settings.delimiter = UInt8(ascii: "\t") }
        for (name, source) in try pairs(maps, "--map", "user_id=uid") { settings.mapping.names[source] = name }
        for (name, text) in try pairs(constants, "--constant", "event=page_view") {
            settings.mapping.constants[name] = text
        }
        settings.mapping.key = key
        if let shiftTo {
            guard let first = shiftTo == "now" ? WallClock.microseconds() : Moment(shiftTo)?.microseconds else {
                throw ValidationError("--shift-to is \"\(shiftTo)\"; write now, 2026-11-01 or 2026-11-01T12:00:00Z.")
            }
            settings.time.first = first
        }
        settings.pace = try pacing()
        settings.checkpoint = checkpoint ?? (file == InputFile.standardInput ? nil : file + ".checkpoint")
        settings.restarts = restart
        settings.rejects = rejects
        settings.allowsRejects = allowRejects
        settings.checksOnly = check
        return settings
    }

    private func pacing() throws -> ReplaySettings.Pacing {
        if rate != nil, speed != nil { throw ValidationError("--rate and --speed exclude each other.") }
        if let rate {
            guard rate > 0, rate.isFinite else { throw ValidationError("--rate is \(rate); it must be more than 0.") }
            return .rate(rate)
        }
        if let speed {
            guard speed > 0, speed.isFinite else {
                throw ValidationError("--speed is \(speed); it must be more than 0.")
            }
            return .speed(speed)
        }
        return .unlimited
    }

    private func pairs(_ texts: [String], _ flag: String, _ example: String) throws -> [(String, String)] {
        try texts.map { text in
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw ValidationError("\(flag) is \"\(text)\"; write it like \(example).")
            }
            return (String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
    }

    private func contract(among contracts: [Contract]) throws -> Contract {
        let names = contracts.map(\.topic.name).sorted().joined(separator: ", ")
        guard let topic else {
            guard contracts.count == 1, let only = contracts.first else {
                throw ValidationError("--topic is missing; the pipeline has these: \(names).")
            }
            return only
        }
        guard let found = contracts.first(where: { $0.topic.name == topic }) else {
            throw ValidationError("--topic is \"\(topic)\"; the pipeline has contracts of these: \(names).")
        }
        return found
    }

    private static func check(_ mapping: EventMaker.Mapping, _ contract: Contract, isShifted: Bool) throws {
        for (flag, names) in [("--map", Array(mapping.names.values)), ("--constant", Array(mapping.constants.keys))] {
            for name in names where contract.property(name) == nil {
                let known = contract.properties.map(\.name).joined(separator: ", ")
                throw ValidationError(
                    "\(flag) fills \"\(name)\", which \(contract.file) does not have; it has \(known).")
            }
        }
        if isShifted, contract.eventTimeProperty?.logicalType != .timestamp {
            throw ValidationError(
                "--shift-to needs a contract with a timestamp as its eventTime; \(contract.file) has none.")
        }
    }
}

extension InputFormat: ExpressibleByArgument {}
