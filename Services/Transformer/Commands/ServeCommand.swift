import ArgumentParser
import ControlPlane
import Foundation
import Kafka
import Logging
import Pipeline
import Planning
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Web

/// `transformer serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Carry out commands from Kafka, until told to stop.")

    @OptionGroup var choice: ProjectChoice

    func run() async throws {
        let settings = try await Settings.load(transformerService)
        let logger = try Observability.bootstrap(settings)
        let own = try TransformerSettings(settings)
        let ended = EndedSessions()
        let sessions = SessionTokens(try SessionSettings(settings)) { ended.verdict(on: $0, issuedAt: $1) }
        let kafka = KafkaSettings(try KafkaEndpoint(settings))
        let postgres = PostgresSettings(try PostgresEndpoint(settings), statementTimeout: own.statementTimeout)
        let health = HealthChecks()
        let reader = try WarehouseReader(settings).user

        let workbench = try await Retry.whileItMayHelp("start", logger: logger) {
            let admin = try KafkaAdmin(kafka, timeout: .seconds(10), logger: logger)
            do {
                try await ControlTopics.ensure(admin)
                await admin.close()
            } catch {
                await admin.close()
                throw error
            }
            // Each worker has room for a batch, whatever the others do.
            let batches = max(own.workers, own.concurrency)
            let database = Database(
                postgres, connectionsMax: own.workers + TransformerSettings.connections(batches: batches),
                logger: logger)
            return try await Workbench(
                database: database, reader: reader, concurrency: own.concurrency, slots: WorkSlots(batches),
                logger: logger)
        }
        try await Retry.whileItMayHelp("announce the environments", logger: logger) { try await announce(workbench) }
        StateWatch.describe()

        let (commandArrived, cancelAsked, messageWaits) = (WakeUp(), WakeUp(), WakeUp())
        let publisher = OutboxPublisher(
            publisher: try ControlPublisher(kafka, source: "/millrace/transformer", logger: logger),
            store: workbench.store, messageWaits: messageWaits, logger: logger)
        let process = "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"
        let recorder = ControlRecorder(
            store: workbench.store, catalog: workbench.catalog, commandArrived: commandArrived,
            cancelAsked: cancelAsked, messageWaits: messageWaits, name: process, logger: logger)
        let listener = ControlListener(
            subscriber: try ControlSubscriber(
                kafka, topics: [.commands, .events], group: own.membership, logger: logger),
            recorder: recorder, store: workbench.store, logger: logger)
        let lineage = try LineageReporter.make(settings, logger: logger)
        let workers = (1...own.workers).map { number in
            Worker(
                name: "\(process)-\(number)", store: workbench.store, catalog: workbench.catalog,
                tables: workbench.tables, lineage: lineage, lease: own.lease, slots: workbench.slots,
                commandArrived: commandArrived, cancelAsked: cancelAsked, messageWaits: messageWaits, logger: logger)
        }
        let watch = StateWatch(workbench.store, workbench.catalog, logger: logger)
        watch.addChecks(to: health)
        let database = workbench.database
        health.add("postgres") { await database.isAvailable() ? .ok : .failing("PostgreSQL does not answer") }
        health.add("sessions") { ended.health() }
        let follower = SessionsFollower(
            kafka, logger: logger, take: { ended.end(user: $0.user, session: $0.session, before: $0.before) },
            known: { ended.isKnown(upTo: $0) })
        let web = try TransformerWeb.make(
            endpoint: try HTTPEndpoint(settings), health: health, sessions: sessions, workbench: workbench,
            source: try ProjectSource(settings, choice), logger: logger)
        let janitor = JanitorService(janitor: workbench.janitor, messageWaits: messageWaits, logger: logger)
        try await Lifecycle.run(
            [publisher, watch, janitor] + (lineage.map { [$0] } ?? []) + workers + [listener, follower, web.server()],
            settings: settings,
            health: health,
            logger: logger)
        await database.close()
    }

    /// Publishes the manifests again: the topic may be new, and readers may have started before there was one.
    private func announce(_ workbench: Workbench) async throws {
        try await workbench.store.forgetAbandonedWork(olderThan: 86_400)
        let environments = try await workbench.catalog.all().environments
        try await workbench.store.change { session in
            // One that was promoted, or removed, meanwhile has told of itself.
            let plans = try await workbench.store.plans(session)
            for environment in environments where plans[environment.name] == environment.plan {
                let manifest = Announcements.manifest(
                    environment.name, plan: environment.plan, promotedAt: environment.promotedAt,
                    models: environment.models, columns: environment.columns)
                do {
                    try await workbench.store.send(try manifest.messages().map { try OutboxMessage($0) }, session)
                } catch let error as ControlSizeError {
                    workbench.logger.error(
                        "environment not announced",
                        metadata: ["environment": "\(environment.name)", "error": "\(error)"])
                }
            }
        }
    }
}
