import ControlPlane
import Curl
import Foundation
import Logging
import Metrics
import ModelProject
import Pipeline
import Planning
import SQL
import ServiceLifecycle
import ServiceRuntime

/// Where OpenLineage events go.
///
/// - `OPENLINEAGE_URL` (text, optional): the backend, such as `http://marquez:5000`; left out, nothing is told.
/// - `OPENLINEAGE_ENDPOINT` (text, default api/v1/lineage): the path below it that takes events.
/// - `OPENLINEAGE_API_KEY` (secret, optional): sent as a bearer token.
/// - `OPENLINEAGE_NAMESPACE` (text, default millrace): what jobs belong to.
struct LineageSettings: Sendable {
    static let urlSetting = Setting<String>.text(
        "openlineage.url", "An OpenLineage backend that is told what is computed from what; left out, none is."
    ).optional
    static let endpointSetting = Setting<String>.text(
        "openlineage.endpoint", default: "api/v1/lineage", "The path below it that takes events.")
    static let keySetting = Setting<String>.secret("openlineage.api_key", "Sent to it as a bearer token.").optional
    static let namespaceSetting = Setting<String>.text(
        "openlineage.namespace", default: "millrace", "What jobs belong to in OpenLineage.")

    static let group = SettingGroup("OpenLineage", [urlSetting, endpointSetting, keySetting, namespaceSetting])

    let url: String
    let key: String?
    let namespace: String

    /// Nil when nobody is to be told.
    init?(_ settings: Settings) throws(SettingsError) {
        guard let base = try settings.value(of: Self.urlSetting) else { return nil }
        let endpoint = try settings.value(of: Self.endpointSetting)
        url = base.trimmingCharacters(in: ["/"]) + "/" + endpoint.trimmingCharacters(in: ["/"])
        key = try settings.value(of: Self.keySetting)
        namespace = try settings.value(of: Self.namespaceSetting)
    }

    init(url: String, key: String? = nil, namespace: String) {
        self.url = url
        self.key = key
        self.namespace = namespace
    }
}

extension LineageReporter? {
    /// The same where perhaps nobody is told.
    func reporting(
        _ work: ModelWork, in environment: String, columns: @Sendable (ModelName) -> [StoredColumn]?,
        _ body: @Sendable () async throws -> ModelOutcome
    ) async throws -> ModelOutcome {
        guard let reporter = self else { return try await body() }
        return try await reporter.reporting(work, in: environment, columns: columns, body)
    }
}

/// Tells an OpenLineage backend when models are computed. Work never waits for it: events stand in a line, and where that is
/// full, or the backend stays away, they are lost, counted and told of in the log.
final class LineageReporter: Service, CustomStringConvertible {
    /// Where tables are, in OpenLineage's names for PostgreSQL.
    struct Place: Sendable {
        let host: String, port: Int, database: String

        var namespace: String { "postgres://\(host):\(port)" }
        func name(_ relation: String) -> String { "\(database).\(relation)" }
    }

    private static let waitingMax = 1_000
    private static let secondsMax = 5

    private let settings: LineageSettings
    private let place: Place
    private let client: HTTPClient
    private let logger: Logger
    private let trouble: TroubleLog
    private let events: AsyncStream<[UInt8]>
    private let waiting: AsyncStream<[UInt8]>.Continuation

    init(_ settings: LineageSettings, place: Place, logger: Logger) {
        self.settings = settings
        self.place = place
        self.logger = logger
        client = HTTPClient(logger: logger)
        trouble = TroubleLog("OpenLineage's backend does not take events", logger: logger)
        (events, waiting) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waitingMax))
    }

    var description: String { "LineageReporter" }

    /// Sends what is told until ``finish()``, or the service's shutdown.
    func run() async {
        await withGracefulShutdownHandler {
            for await event in events { await send(event) }
        } onGracefulShutdown: {
            self.finish()
        }
        client.shutdown()
    }

    /// Nothing more will be told: `run` ends when everything is sent.
    func finish() { waiting.finish() }

    private func send(_ event: [UInt8]) async {
        var limits = RequestLimits()
        limits.connectMax = .seconds(Self.secondsMax)
        limits.totalMax = .seconds(Self.secondsMax)
        var headers = [(name: "Content-Type", value: "application/json")]
        if let key = settings.key { headers.append((name: "Authorization", value: "Bearer \(key)")) }
        do {
            let answer = try await client.send(
                OutgoingRequest("POST", settings.url, headers: headers, body: .bytes(event), limits: limits))
            guard (200..<300).contains(answer.status) else { return lose("status \(answer.status)") }
            trouble.over()
        } catch {
            lose("\(error)")
        }
    }

    private func lose(_ reason: String) {
        Counter(label: "transformer_lineage_lost_total").increment()
        trouble.note(TransformerError(.unavailable, reason))
    }

    // MARK: What is told

    /// Tells of one computation of a model, however it ends.
    /// - Parameter columns: The columns of a model of the environment, with their types; nil where they are not known.
    func reporting(
        _ work: ModelWork, in environment: String, columns: @Sendable (ModelName) -> [StoredColumn]?,
        _ body: @Sendable () async throws -> ModelOutcome
    ) async throws -> ModelOutcome {
        let run = UUIDv7.make().text
        tell(.start, run, work, in: environment, columns)
        do {
            let outcome = try await body()
            tell(.complete, run, work, in: environment, columns, rows: outcome.rows)
            return outcome
        } catch {
            let kind: LineageEvent.Kind = error is CancellationError ? .abort : .fail
            tell(kind, run, work, in: environment, columns, error: TransformerError.from(error).message)
            throw error
        }
    }

    private func tell(
        _ kind: LineageEvent.Kind, _ run: String, _ work: ModelWork, in environment: String,
        _ columns: (ModelName) -> [StoredColumn]?, rows: Int? = nil, error: String? = nil
    ) {
        let snapshot = work.model.snapshot
        let definition = snapshot.definition
        var facets = LineageEvent.Run.Facets()
        if definition.kind.options.isIncremental, let first = work.missing.due.intervals.first,
            let last = work.missing.due.intervals.last
        {
            facets.nominalTime = LineageEvent.NominalTime(
                nominalStartTime: first.start.description, nominalEndTime: last.end.description)
        }
        facets.errorMessage = error.map { LineageEvent.ErrorMessage(message: $0) }
        let event = LineageEvent(
            eventType: kind, eventTime: Moment(Date()).description,
            run: LineageEvent.Run(runId: run, facets: facets),
            job: LineageEvent.Job(
                namespace: settings.namespace, name: "\(environment).\(snapshot.name)",
                facets: LineageEvent.Job.Facets(
                    jobType: LineageEvent.JobType(),
                    sql: LineageEvent.SQLText(
                        query: definition.query.text.trimmingCharacters(in: .whitespacesAndNewlines),
                        dialect: definition.dialect),
                    documentation: definition.description.map { LineageEvent.Documentation(description: $0) })),
            inputs: inputs(of: snapshot, in: environment),
            outputs: [output(of: snapshot, in: environment, columns, rows: rows)])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            if case .dropped = waiting.yield(Array(try encoder.encode(event))) { lose("too many events wait") }
        } catch {
            lose("an event cannot be written: \(error)")
        }
    }

    private func inputs(of snapshot: ModelSnapshot, in environment: String) -> [LineageEvent.Dataset] {
        let models = snapshot.parents.map { RelationNames.view($0, in: environment).description }
        return (snapshot.sources + models).map {
            LineageEvent.Dataset(namespace: place.namespace, name: place.name($0))
        }
    }

    private func output(
        of snapshot: ModelSnapshot, in environment: String, _ columns: (ModelName) -> [StoredColumn]?, rows: Int?
    ) -> LineageEvent.Dataset {
        let described = snapshot.definition.columnDescriptions
        let own = columns(snapshot.name) ?? (snapshot.outputColumns ?? []).map { .init(name: $0, type: "") }
        let fields = own.map { column in
            LineageEvent.Schema.Field(
                name: column.name, type: column.type.isEmpty ? nil : column.type, description: described[column.name])
        }
        var lineage: [String: LineageEvent.ColumnLineage.Field] = [:]
        for (column, sources) in snapshot.columnSources(knowing: { columns($0)?.map(\.name) }) {
            lineage[column] = LineageEvent.ColumnLineage.Field(inputFields: sources.map { input($0, in: environment) })
        }
        return LineageEvent.Dataset(
            namespace: place.namespace,
            name: place.name(RelationNames.view(snapshot.name, in: environment).description),
            facets: LineageEvent.Dataset.Facets(
                schema: fields.isEmpty ? nil : LineageEvent.Schema(fields: fields),
                columnLineage: lineage.isEmpty ? nil : LineageEvent.ColumnLineage(fields: lineage)),
            outputFacets: rows.map {
                LineageEvent.Dataset.OutputFacets(outputStatistics: LineageEvent.OutputStatistics(rowCount: $0))
            })
    }

    private func input(_ source: ColumnSource, in environment: String) -> LineageEvent.ColumnLineage.Input {
        let subtype =
            switch source.usage {
            case .copied: "IDENTITY"
            case .computed: "TRANSFORMATION"
            case .aggregated: "AGGREGATION"
            }
        let relation =
            source.isModel
            ? ModelName(source.relation).map { RelationNames.view($0, in: environment).description } ?? source.relation
            : source.relation
        return LineageEvent.ColumnLineage.Input(
            namespace: place.namespace, name: place.name(relation), field: source.column,
            transformations: [LineageEvent.ColumnLineage.Input.Transformation(subtype: subtype)])
    }
}
