import ControlPlane
import Foundation
import Kafka
import Logging
import Pipeline
import Planning
import Postgres
import ServiceRuntime
import Web

/// The transformer as its operator sees it.
public let transformerService = ServiceDescription(
    name: "transformer",
    summary: "Builds tables from SQL models: plans, environments, intervals, audits, tests.",
    groups: [
        PipelineLocation.group, KafkaEndpoint.group, PostgresEndpoint.group, HTTPEndpoint.group(port: 8000),
        SessionSettings.group, WarehouseReader.group, TransformerSettings.group, LineageSettings.group,
    ])

/// What can be set of the transformer itself.
///
/// - `TRANSFORMER_WORKERS` (integer, default 2, 1 to 64): commands worked on at a time.
/// - `TRANSFORMER_CONCURRENCY` (integer, default 4, 1 to 64): models that one plan or run computes at a time, and batches of
///   all of them together.
/// - `TRANSFORMER_LEASE` (duration, default 15s, 1s to 1h): after this long without a sign of life a command is another's.
/// - `TRANSFORMER_GROUP` (text, default transformer): the consumer group that shares the commands.
/// - `TRANSFORMER_INSTANCE` (text, optional): names this replica in its consumer group, so that it gets its partitions back
///   when it restarts; no two may have the same.
/// - `TRANSFORMER_STATEMENT_TIMEOUT` (duration, default 1h): the longest that one SQL statement may take.
public struct TransformerSettings: Sendable {
    static let workersSetting = Setting<Int>.integer(
        "transformer.workers", default: 2, in: 1...64, "How many commands are worked on at a time.")
    static let concurrencySetting = Setting<Int>.integer(
        "transformer.concurrency", default: 4, in: 1...64,
        "How many models one plan or run computes at a time, and how many batches of all of them.")
    static let leaseSetting = Setting<Duration>.duration(
        "transformer.lease", default: .seconds(15), in: .seconds(1)...(.seconds(3600)),
        "How long a command stays with a worker that gives no sign of life.")
    static let consumerGroupSetting = Setting<String>.text(
        "transformer.group", default: "transformer",
        "The consumer group that shares the commands; all replicas of one state database name the same.")
    static let instanceSetting = Setting<String>.text(
        "transformer.instance",
        "Names this replica in its consumer group, so that a restart moves no partitions; no two may have the same name. "
            + "Left out, a replica is a new member at each start, and any number may run on one host."
    ).optional
    static let statementTimeoutSetting = Setting<Duration>.duration(
        "transformer.statement_timeout", default: .seconds(3600), in: .seconds(1)...(.seconds(86_400)),
        "The longest that one SQL statement of a model may take.")

    static let group = SettingGroup(
        "Transformer",
        [
            workersSetting, concurrencySetting, leaseSetting, consumerGroupSetting, instanceSetting,
            statementTimeoutSetting,
        ])

    let workers: Int
    let concurrency: Int
    let lease: Duration
    let consumerGroup: String
    let instance: String?
    let statementTimeout: Duration

    init(_ settings: Settings) throws(SettingsError) {
        workers = try settings.value(of: Self.workersSetting)
        concurrency = try settings.value(of: Self.concurrencySetting)
        lease = try settings.value(of: Self.leaseSetting)
        consumerGroup = try settings.value(of: Self.consumerGroupSetting)
        instance = try settings.value(of: Self.instanceSetting)
        statementTimeout = try settings.value(of: Self.statementTimeoutSetting)
    }
}

extension TransformerSettings {
    /// How many connections take care of so many batches at a time: each has one, the models that write several side by side
    /// one more, and there is room for what is said of them.
    static func connections(batches: Int) -> Int { 2 * batches + 4 }

    /// How this replica takes part in its group. Without a name it leaves when it stops, and after a kill the others have
    /// its partitions as soon as its session is over: the workers' commands are in the state, whoever reads them. No
    /// rebalance waits longer for the dead than `pollIntervalMax`; who is thrown out because the state is away for longer
    /// comes back by itself.
    var membership: ConsumerGroup {
        guard let instance else {
            return ConsumerGroup(
                consumerGroup, instance: .dynamic, sessionTimeout: .seconds(10), pollIntervalMax: .seconds(30))
        }
        return ConsumerGroup(consumerGroup, instance: .named(instance))
    }
}

/// The parts that every command uses, put together from the settings.
struct Workbench: Sendable {
    let database: Database
    let store: StateStore
    let tables: ModelTables
    /// The role that may read the views, where there is one of that name.
    let reader: String?
    let catalog: EnvironmentCatalog
    /// How many models a plan or a run computes at a time.
    let concurrency: Int
    /// How many batches are computed at a time, of all models.
    let slots: WorkSlots
    /// Told of what is computed; nil: nobody is.
    let lineage: LineageReporter?
    let logger: Logger

    /// Connects to the database and brings the state's schema up to date.
    init(
        database: Database, reader: String?, concurrency: Int = 4, slots: WorkSlots? = nil,
        lineage: LineageReporter? = nil, logger: Logger
    ) async throws {
        self.database = database
        self.logger = logger
        self.concurrency = concurrency
        self.slots = slots ?? WorkSlots(concurrency)
        self.lineage = lineage
        store = StateStore(database: database)
        tables = ModelTables(warehouse: database.warehouse)
        self.reader = reader
        catalog = EnvironmentCatalog(store)
        try await store.migrate(logger: logger)
    }

    var planner: PlanMaker { PlanMaker(store: store, warehouse: tables.warehouse, catalog: catalog, logger: logger) }

    var promoter: Promoter {
        Promoter(store: store, warehouse: tables.warehouse, reader: reader, logger: logger)
    }

    var rollback: Rollback {
        Rollback(store: store, warehouse: tables.warehouse, catalog: catalog, promoter: promoter)
    }

    var janitor: Janitor {
        Janitor(store: store, warehouse: tables.warehouse, promoter: promoter, plans: plans, logger: logger)
    }

    var plans: PlanRunner {
        PlanRunner(
            store: store, tables: tables, catalog: catalog, promoter: promoter, concurrency: concurrency, slots: slots,
            lineage: lineage, logger: logger)
    }

    var runner: EnvironmentRunner {
        EnvironmentRunner(
            store: store, tables: tables, catalog: catalog, concurrency: concurrency, slots: slots, lineage: lineage,
            logger: logger)
    }
}

extension PostgresSettings {
    /// The database that the settings name.
    init(_ endpoint: PostgresEndpoint, statementTimeout: Duration?) {
        self.init(
            host: endpoint.host, port: endpoint.port, user: endpoint.user, password: endpoint.password,
            database: endpoint.database, tls: PostgresTLSMode(rawValue: endpoint.sslMode.rawValue) ?? .prefer,
            applicationName: "millrace-transformer")
        self.statementTimeout = statementTimeout
    }
}

extension LineageReporter {
    /// The one that the settings ask for; nil: none.
    static func make(_ settings: Settings, logger: Logger) throws -> LineageReporter? {
        guard let own = try LineageSettings(settings) else { return nil }
        let endpoint = try PostgresEndpoint(settings)
        let place = Place(host: endpoint.host, port: endpoint.port, database: endpoint.database)
        return LineageReporter(own, place: place, logger: logger)
    }
}

extension KafkaSettings {
    init(_ endpoint: KafkaEndpoint) {
        self.init(
            bootstrapServers: endpoint.bootstrapServers, clientID: "transformer", properties: endpoint.properties)
    }
}
