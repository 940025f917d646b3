import ArgumentParser
import ControlPlane
import Foundation
import Kafka
import Postgres
import ServiceRuntime
import Web

/// `scheduler serve`: the service.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the scheduler and its web page.",
        discussion: """
            Several may run: one leads, the others stand by and answer the API too. A standby takes over as soon as the
            leader stops, and SCHEDULER_LEASE after it was killed.

              scheduler serve
              HTTP_PORT=8090 scheduler serve          a standby on the same machine
            """)

    func run() async throws {
        let settings = try await Settings.load(schedulerService)
        let logger = try Observability.bootstrap(settings)
        SchedulerMeters.describe()
        let scheduling = try SchedulerSettings(settings)
        let kafka = KafkaSettings(try KafkaEndpoint(settings), clientID: "scheduler")
        let postgres = PostgresSettings(try PostgresEndpoint(settings), applicationName: "scheduler")
        let pool = PostgresPool(postgres, logger: logger)
        try await StateStore(pool).migrateWhenReachable(logger: logger)
        let node = SchedulerNode(
            postgres: postgres, pool: pool, kafka: kafka, settings: scheduling,
            tasks: try TaskSettings(settings), folder: try PipelineLocation(settings).path,
            holder: SchedulerNode.holderOfThisProcess, logger: logger)
        let health = HealthChecks()
        node.addChecks(to: health)
        let ended = EndedSessions()
        health.add("sessions") { ended.health() }
        let follower = SessionsFollower(
            kafka, logger: logger, take: { ended.end(user: $0.user, session: $0.session, before: $0.before) },
            known: { ended.isKnown(upTo: $0) })
        let sessions = SessionTokens(try SessionSettings(settings)) { ended.verdict(on: $0, issuedAt: $1) }
        let web = try SchedulerWeb.make(
            endpoint: try HTTPEndpoint(settings), health: health, sessions: sessions, node: node, settings: scheduling,
            logger: logger)
        try await Lifecycle.run(
            node.services + [follower, web.server()], settings: settings, health: health, logger: logger)
        await node.close()
        await pool.close()
    }
}

extension KafkaSettings {
    init(_ endpoint: KafkaEndpoint, clientID: String) {
        self.init(bootstrapServers: endpoint.bootstrapServers, clientID: clientID, properties: endpoint.properties)
    }
}

extension PostgresSettings {
    init(_ endpoint: PostgresEndpoint, applicationName: String) {
        self.init(
            host: endpoint.host, port: endpoint.port, user: endpoint.user, password: endpoint.password,
            database: endpoint.database, tls: PostgresTLSMode(rawValue: endpoint.sslMode.rawValue) ?? .prefer,
            applicationName: applicationName)
    }
}
