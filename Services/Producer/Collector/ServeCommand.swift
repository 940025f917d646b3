import ArgumentParser
import Foundation
import Kafka
import Logging
import Pipeline
import ServiceLifecycle
import ServiceRuntime

/// `producer serve`: the collector.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Take events over HTTP: from tracking SDKs, browsers and programs.",
        discussion: """
            Speaks the Segment tracking API (POST /v1/track, page, screen, identify, group, alias, batch), takes events
            that meet a contract at POST /v1/topics/{topic}, and serves /millrace.js and /v1/pixel.gif to pages.
            An answer of 2xx means that Kafka has acknowledged every event, or that the spool has it on disk.

              COLLECTOR_OPEN=true producer serve             for development, without keys
              COLLECTOR_KEYS_FILE=keys.yaml producer serve
              curl -u KEY: localhost:8081/v1/track -d '{"userId":"u1","event":"sign_up"}'
            """)

    func run() async throws {
        let settings = try await Settings.load(producerService)
        let collector = try CollectorSettings(settings)
        let logger = try Observability.bootstrap(settings)
        let endpoint = try KafkaEndpoint(settings)
        let kafka = KafkaSettings(endpoint, clientID: "collector")
        let folder = try PipelineFolder(at: try PipelineLocation(settings).path)
        let health = HealthChecks()
        let service = try CollectorService(
            collector, kafka: kafka, folder: folder, endpoint: try HTTPEndpoint(settings), health: health,
            logger: logger)
        try await Lifecycle.run(service.parts, settings: settings, health: health, logger: logger)
    }
}

/// The collector, put together from the bottom up.
struct CollectorService {
    let parts: [any Service]
    let server: CollectorServer
    let ring: KeyRing

    init(
        _ settings: CollectorSettings, kafka: KafkaSettings, folder: PipelineFolder, endpoint: HTTPEndpoint,
        health: HealthChecks, logger: Logger
    ) throws {
        let current = CurrentPipeline(try CollectorPlan.read(folder))
        for problem in current.plan.problems {
            logger.warning("a file of the pipeline is not taken", metadata: ["error": "\(problem)"])
        }
        let topics: @Sendable () -> [String] = { current.plan.topics }
        let keys = try settings.keysFile.map { try KeyFileWatcher.keys(at: $0, topics: Set(topics())) } ?? []
        let ring = KeyRing(keys, isOpen: settings.isOpen)
        let budget = MemoryBudget(bytesMax: settings.memoryMax)
        let spool = try settings.spoolFolder.map {
            try Spool(folder: try SpoolFolder($0), bytesMax: settings.spoolMax, logger: logger)
        }
        let delivery = try EventDelivery(
            kafka, ackTimeout: settings.ackTimeout, budget: budget, spool: spool, logger: logger)
        let meters = CollectorMeters(logger: logger)
        if let spool {
            // Events are taken although Kafka is away.
            health.add("spool") { spool.health }
            health.add("kafka") {
                delivery.trouble.map { .warning("Events go to the spool. \($0)") } ?? delivery.missing
            }
        } else {
            health.add("kafka") { delivery.trouble.map { .failing($0) } ?? delivery.missing }
        }
        health.add("memory") {
            budget.bytesHeld + CollectorLimits.bodyBytesMax <= budget.bytesMax
                ? .ok : .failing("Too many events wait (COLLECTOR_MEMORY_MAX): new ones are answered 503.")
        }
        health.add("pipeline") { current.health }
        server = CollectorServer(
            .init(
                settings: settings, delivery: delivery, budget: budget, meters: meters, health: health,
                snippet: try Self.snippet(),
                current: current,
                makeJudge: { plan in
                    RequestJudge(
                        contracts: plan.contracts, rules: plan.rules, ring: ring, settings: settings, meters: meters,
                        isWhole: plan.problems.isEmpty)
                },
                logger: logger),
            endpoint: endpoint)
        var parts: [any Service] = [
            DeliveryService(delivery: delivery, spool: spool),
            KafkaWatch(kafka: kafka, delivery: delivery, topics: topics, logger: logger),
        ]
        parts.append(PipelineWatcher(folder: folder, current: current, logger: logger))
        if let path = settings.keysFile {
            let watcher = KeyFileWatcher(path: path, topics: { Set(topics()) }, ring: ring, logger: logger)
            health.add("keys") { [trouble = watcher.trouble] in trouble.health }
            parts.append(watcher)
        }
        self.parts = parts + [server]
        self.ring = ring
    }

    private static func snippet() throws -> [UInt8] {
        let path = Bundle.module.bundleURL.appending(path: "Public/millrace.js").path
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ExitError(.failed, "\(path) is missing; it belongs beside the executable.")
        }
        return Array(data)
    }
}

/// Delivery as a part of the service: started before the server, closed after it.
struct DeliveryService: Service {
    let delivery: EventDelivery
    let spool: Spool?

    func run() async throws {
        spool?.start { [delivery] deliveries, done in
            delivery.submit(deliveries, attempt: 1, done: done)
        }
        try? await gracefulShutdown()  // throws only when cancelled, which ends it as well
        if let spool { await spool.close() }
        await delivery.close(within: .seconds(15))
    }
}
