import Logging
import Metrics
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Warehouse

// WarehouseReading: asks the warehouse as the role that can only read.
// Always: one statement, in a read-only transaction with a time limit. Leaving early, by cancelling or by having read
// enough, ends the statement in the database. What is about the connection (addresses, roles) goes to the log alone.

/// The warehouse as charts and the SQL page see it.
struct WarehouseReading: QueryEngine, Service, CustomStringConvertible {
    private let warehouse: any WarehouseEngine
    private let logger: Logger
    private let duration = Timer(label: "bi_query_duration_seconds")

    /// Connects when the first question comes.
    init(_ endpoint: PostgresEndpoint, as reader: WarehouseReader, connectionsMax: Int, logger: Logger) {
        var settings = PostgresSettings(
            host: endpoint.host, port: endpoint.port, user: reader.user, password: reader.password,
            database: endpoint.database, tls: PostgresTLSMode(endpoint.sslMode), applicationName: "bi-api reader")
        settings.parameters = ["default_transaction_read_only": "on"]
        settings.statementTimeout = .seconds(60)
        warehouse = PostgresEngine(settings, connectionsMax: connectionsMax, logger: logger)
        self.logger = logger
    }

    var description: String { "WarehouseReading" }

    func run() async throws {
        try await gracefulShutdown()
        await close()
    }

    func close() async { await warehouse.close() }

    func read<Sink: ResultSink>(_ sql: String, timeMax: Duration, into sink: Sink) async throws -> Sink {
        let start = ContinuousClock.now
        defer { duration.record(duration: start.duration(to: .now)) }
        do {
            return try await warehouse.read(ReadQuery(sql, timeMax: timeMax)) { result in
                var sink = sink
                try await sink.begin(result.columns)
                for try await row in result.rows {
                    guard try await sink.row(row) else { break }
                }
                return sink
            }
        } catch let error as WarehouseError {
            throw failure(error, timeMax)
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
        switch error {
        case .timedOut:
            return QueryFailure(
                code: .timedOut, message: "The query took longer than \(timeMax.words) and was stopped.")
        case .cancelled:
            return QueryFailure(code: .cancelled, message: "The query was stopped.")
        case .busy:
            return QueryFailure(code: .busy, message: "Too many queries are under way. Try again in a moment.")
        case .invalidStatement(let reason, let position):
            let place = position.map { ", at character \($0)" } ?? ""
            return QueryFailure(
                code: .refused, message: place.isEmpty ? reason : reason.replacing(place, with: ""), position: position)
        case .permissionDenied(let reason)
        where reason.hasPrefix("permission denied") || reason.hasPrefix("cannot execute"):
            return QueryFailure(code: .refused, message: reason)
        default:
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
