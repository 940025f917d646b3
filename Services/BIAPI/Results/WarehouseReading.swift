import Logging
import Metrics
import Postgres
import SQL
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import Warehouse

// WarehouseReading: asks the warehouse as the role that can only read.
// Always: one statement, in a read-only transaction with a time limit, whose rows are looked at before they are sent.
// Leaving early, by cancelling or by having read enough, ends the statement in the database. What is about the connection
// (addresses, roles) goes to the log alone.

/// The warehouse as charts or the SQL page see it: each has connections of its own.
struct WarehouseReading: QueryEngine, Service, CustomStringConvertible {
    private let warehouse: any WarehouseEngine
    private let rowBytesMax: Int
    private let logger: Logger
    private let duration = Timer(label: "bi_query_duration_seconds")
    /// Whether the last question was answered, or refused for what it says.
    let answering = Answering()

    /// How long a query may wait for a connection.
    private static let waitMax: Duration = .seconds(15)
    /// How long the database may take to stop after its time, before the connection is cut off.
    private static let stopMax: Duration = .seconds(3)

    /// Connects when the first question comes.
    /// - Parameter rowBytesMax: The most bytes of a row of any answer.
    init(
        _ endpoint: PostgresEndpoint, as reader: WarehouseReader, connectionsMax: Int, rowBytesMax: Int, logger: Logger
    ) {
        var settings = PostgresSettings(
            host: endpoint.host, port: endpoint.port, user: reader.user, password: reader.password,
            database: endpoint.database, tls: PostgresTLSMode(endpoint.sslMode), applicationName: "bi-api reader")
        settings.parameters = ["default_transaction_read_only": "on"]
        settings.statementTimeout = .seconds(60)
        settings.cancelMax = Self.stopMax
        var limits = PostgresPoolLimits(connectionsMax: connectionsMax)
        limits.waitMax = Self.waitMax
        warehouse = PostgresEngine(settings, limits: limits, logger: logger)
        self.rowBytesMax = rowBytesMax
        self.logger = logger
    }

    var description: String { "WarehouseReading" }
    var dialect: SQLDialect { warehouse.dialect }

    func run() async throws {
        try await gracefulShutdown()
        await close()
    }

    func close() async { await warehouse.close() }

    func read<Sink: ResultSink>(_ sql: String, timeMax: Duration, into sink: Sink) async throws -> Sink {
        let start = ContinuousClock.now
        defer { duration.record(duration: start.duration(to: .now)) }
        do {
            let result = try await inTime(timeMax) {
                try await warehouse.read(ReadQuery(sql, timeMax: timeMax, rowBytesMax: rowBytesMax)) { result in
                    var sink = sink
                    try await sink.begin(result.columns)
                    for try await row in result.rows {
                        guard try await sink.row(row) else { break }
                    }
                    return sink
                }
            }
            answering.note(true)
            return result
        } catch let error as WarehouseError {
            // However a connection ends that was cut off for not stopping: it was stopped.
            throw failure(Task.isCancelled ? .cancelled : error, timeMax)
        }
    }

    /// The database's own limit ends what it computes; sending and taking the rows has to end here.
    private func inTime<Value: Sendable>(
        _ timeMax: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                do {
                    try await Task.sleep(for: Self.waitMax + timeMax)
                } catch {
                    return nil  // the other one ends too, and says how
                }
                throw WarehouseError.timedOut(reason: "its rows were not taken in time")
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw WarehouseError.cancelled
        }
    }

    func catalogue() async throws -> [RelationDescription] {
        do throws(WarehouseError) {
            return try await warehouse.catalogue()
        } catch {
            throw failure(error, .seconds(30))
        }
    }

    /// What may be told of an error.
    private func failure(_ error: WarehouseError, _ timeMax: Duration) -> QueryFailure {
        if case .connectionLost = error { answering.note(false) } else { answering.note(true) }
        switch error {
        case .timedOut:
            return QueryFailure(
                code: .timedOut, message: "The query took longer than \(timeMax.words) and was stopped.")
        case .cancelled:
            return QueryFailure(code: .cancelled, message: "The query was stopped.")
        case .busy(let reason):
            logger.warning("warehouse busy", metadata: ["reason": "\(reason)"])
            return QueryFailure(code: .busy, message: "Too many queries are under way. Try again in a moment.")
        case .rowTooLarge(let bytes, let limit):
            return QueryFailure(
                code: .tooLarge,
                message:
                    "A row of the result has \(bytes.bytesInWords); at most \(limit.bytesInWords) are read. Choose "
                    + "fewer columns, or shorten the long ones, as left(column, 1000) does.", bytesMax: limit)
        case .invalidStatement(let reason, let position):
            return QueryFailure(code: .refused, message: reason.cut(to: 2_000), position: position)
        case .permissionDenied(let reason)
        where reason.hasPrefix("permission denied") || reason.hasPrefix("cannot execute"):
            return QueryFailure(code: .refused, message: reason.cut(to: 2_000))
        default:
            answering.note(false)
            logger.error("warehouse query failed", metadata: ["error": "\(error)"])
            return QueryFailure(code: .unavailable, message: "The warehouse cannot answer now. Its log has the reason.")
        }
    }
}

extension PostgresTLSMode {
    init(_ mode: PostgresEndpoint.SSLMode) {
        self =
            switch mode {
            case .disable: .disable
            case .allow: .allow
            case .prefer: .prefer
            case .require: .require
            case .verifyCA: .verifyCA
            case .verifyFull: .verifyFull
            }
    }
}

extension Duration {
    /// `30 s`, `500 ms`.
    var words: String {
        let milliseconds = Int64((self / .milliseconds(1)).rounded())
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms"
    }
}

extension Int {
    /// `12 bytes`, `4 MB`, `1.5 GB`, in units of 1,024.
    var bytesInWords: String {
        guard self >= 1_024 else { return "\(self) bytes" }
        var value = Double(self)
        var unit = 0
        while value >= 1_024, unit < 3 {
            value /= 1_024
            unit += 1
        }
        let tenths = (value * 10).rounded() / 10
        return (tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") + " \(["bytes", "KB", "MB", "GB"][unit])"
    }
}

extension String {
    /// The beginning of a text that may be as long as somebody likes.
    func cut(to charactersMax: Int) -> String {
        utf8.count <= charactersMax ? self : String(prefix(charactersMax)) + " …"
    }
}

/// Whether the warehouse answered when it was last asked.
final class Answering: Sendable {
    private let isAnswering = Mutex(true)

    func note(_ answered: Bool) { isAnswering.withLock { $0 = answered } }

    /// Pages, users and what is kept work without it: the service stays ready, and says so.
    var health: HealthStatus {
        isAnswering.withLock { $0 } ? .ok : .warning("the warehouse did not answer the last query")
    }
}
