import Charts
import Foundation
import Hummingbird
import Pipeline
import Web

// DashboardRoutes: dashboards, and the data of their charts.
// Always: a name that is not provisioned is 404; a filter reaches a query only as a value.

/// `GET /dashboards`, `GET /dashboards/{name}`, `POST /dashboards/{name}/data`, `GET /dashboards/{name}/values/{dimension}`,
/// `POST /charts/{chart}/data`.
struct DashboardRoutes {
    let answers: ChartAnswers
    let settings: BIAPISettings
    let now: @Sendable () -> Date

    private static let optionsMax = 1_000
    private static let searchBytesMax = 200
    private static let chartsAtOnce = 4
    /// The most values that a reader chooses in a request, all filters together.
    private static let valuesMax = 1_000

    /// What a reader chose.
    private struct Choice: Decodable {
        let timeRange: String?
        let timeZone: String?
        /// By dimension; null is the value of rows that have none.
        let values: [String: [String?]]?
        let charts: [String]?

        enum CodingKeys: String, CodingKey {
            case timeRange = "time_range", timeZone = "time_zone", values, charts
        }
    }

    private struct Options: Encodable {
        let values: [String?]
        /// True when there are more: a search finds them.
        let truncated: Bool
    }

    private var definitions: DashboardDefinitions { answers.shelf.definitions }

    func add(to api: RouterGroup<WebContext>) {
        api.get("dashboards") { _, _ in try list() }
        api.get("dashboards/{name}") { _, context in try definition(context) }
        api.post("dashboards/{name}/data") { request, context in try await data(request, context) }
        api.get("dashboards/{name}/values/{dimension}") { request, context in try await values(request, context) }
        api.post("charts/{chart}/data") { request, context in try await chartData(request, context) }
    }

    private func list() throws -> Response {
        try Response(encoding: DashboardList(definitions))
    }

    private func definition(_ context: WebContext) throws -> Response {
        try Response(encoding: DashboardAnswer(dashboard(context), in: definitions))
    }

    /// Every chart of a dashboard, or those asked for, in one answer; one that fails does not spoil the others.
    private func data(_ request: Request, _ context: WebContext) async throws -> Response {
        let dashboard = try dashboard(context)
        let choice = try await request.decode(as: Choice.self, context: context)
        let wanted = choice.charts.map { asked in dashboard.charts.filter(asked.contains) } ?? dashboard.charts
        let zone = choice.timeZone ?? dashboard.timeZone
        let dashboardRange = try range(choice.timeRange) ?? dashboard.timeRange
        let showsSQL = try context.requirePrincipal().role >= settings.sqlRole
        let requests = try wanted.map { chart in (chart, try chartRequest(chart, dashboardRange, zone, choice.values)) }
        let parts = try await context.whileClientStays {
            try await withThrowingTaskGroup(of: (String, [UInt8]).self) { group in
                var parts: [String: [UInt8]] = [:]
                for (index, (chart, request)) in requests.enumerated() {
                    // So many at once, so that one page does not take every connection from the others.
                    if index >= Self.chartsAtOnce, let (name, part) = try await group.next() { parts[name] = part }
                    group.addTask { (chart, try await part(chart, request, showsSQL: showsSQL)) }
                }
                return try await group.reduce(into: parts) { $0[$1.0] = $1.1 }
            }
        }
        var body: [UInt8] = Array("{\"charts\":{".utf8)
        for (index, chart) in wanted.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            JSONText.string(chart, to: &body)
            body.append(UInt8(ascii: ":"))
            body.append(contentsOf: parts[chart] ?? Array("null".utf8))
        }
        body.append(contentsOf: "}}".utf8)
        return Response(jsonBytes: body)
    }

    private func part(_ chart: String, _ request: ChartRequest, showsSQL: Bool) async throws -> [UInt8] {
        var out: [UInt8] = []
        do {
            guard let answer = try await answers.answer(chart, request) else {
                throw Problem.notFound(
                    definitions.mistake(.chart, chart).map { "This chart is set aside: \($0)" }
                        ?? "There is no such chart any more.")
            }
            answer.append(to: &out, showsSQL: showsSQL)
        } catch {
            guard let problem = Problem(asking: error) else { throw error }
            out = Array("{\"error\":{\"status\":\(problem.status.code),\"detail\":".utf8)
            JSONText.string(problem.detail ?? problem.title, to: &out)
            out.append(contentsOf: "}}".utf8)
        }
        return out
    }

    private func chartData(_ request: Request, _ context: WebContext) async throws -> Response {
        let chart = try context.parameters.require("chart")
        guard definitions.chart(chart) != nil else { throw Problem.notFound("There is no such chart.") }
        let choice = try await request.decode(as: Choice.self, context: context)
        let asked = try chartRequest(
            chart, try range(choice.timeRange) ?? .all, choice.timeZone ?? "UTC", choice.values)
        let showsSQL = try context.requirePrincipal().role >= settings.sqlRole
        do {
            var body: [UInt8] = []
            let answers = answers
            let answer = try await context.whileClientStays { try await answers.answer(chart, asked) }
            answer?.append(to: &body, showsSQL: showsSQL)
            return Response(jsonBytes: body)
        } catch {
            throw Problem(asking: error) ?? error
        }
    }

    /// What may be chosen in a dashboard's filter: the values in any of its datasets, those with `search` in them.
    private func values(_ request: Request, _ context: WebContext) async throws -> Response {
        let dashboard = try dashboard(context)
        let dimension = try context.parameters.require("dimension")
        guard dashboard.filters.contains(dimension) else { throw Problem.notFound("There is no such filter.") }
        let search = request.uri.queryParameters["search"].map { String($0).trimmingCharacters(in: .whitespaces) } ?? ""
        guard search.utf8.count <= Self.searchBytesMax, !search.utf8.contains(0) else {
            throw Problem.unprocessable([
                .init(
                    pointer: "/search", detail: "A search has at most \(Self.searchBytesMax) bytes, none of them NUL.")
            ])
        }
        var found: Set<String?> = []
        var isCut = false
        let datasets = Set(dashboard.charts.compactMap { definitions.chart($0)?.dataset })
        do {
            for dataset in datasets.sorted() {
                guard
                    let query = answers.shelf.book.valuesQuery(
                        of: dimension, in: dataset, containing: search, limit: Self.optionsMax)
                else {
                    continue
                }
                let answer = try await answers.answer(query)
                let rows = try JSONDecoder().decode(
                    ValueRows.self, from: Data("{".utf8 + answer.result.members + "}".utf8))
                found.formUnion(rows.rows.compactMap(\.first))
                isCut = isCut || rows.truncated
            }
        } catch {
            throw Problem(asking: error) ?? error
        }
        let texts = found.compactMap { $0 }.sorted()
        let none: [String?] = found.contains(nil) ? [nil] : []
        return try Response(
            encoding: Options(
                values: none + texts.prefix(Self.optionsMax).map(Optional.some),
                truncated: isCut || texts.count > Self.optionsMax))
    }

    private struct ValueRows: Decodable {
        let rows: [[String?]]
        let truncated: Bool
    }

    // MARK: Reading requests

    private func dashboard(_ context: WebContext) throws -> DashboardDefinition {
        let (name, definitions) = (try context.parameters.require("name"), definitions)
        if let found = definitions.dashboard(name) { return found }
        if let mistake = definitions.mistake(.dashboard, name) {
            throw Problem(
                .unprocessableContent, "This dashboard cannot be shown: \(mistake)", title: "Dashboard set aside")
        }
        throw Problem.notFound("There is no such dashboard.")
    }

    private func range(_ text: String?) throws(Problem) -> TimeRangeDefinition? {
        guard let text else { return nil }
        guard let range = TimeRangeDefinition(text) else {
            throw .unprocessable([
                .init(
                    pointer: "/time_range",
                    detail: "A time range is \(TimeRangeDefinition.forms).")
            ])
        }
        return range
    }

    private func chartRequest(
        _ chart: String, _ range: TimeRangeDefinition, _ zoneName: String, _ values: [String: [String?]]?
    ) throws(Problem) -> ChartRequest {
        guard (values ?? [:]).values.reduce(0, { $0 + $1.count }) <= Self.valuesMax else {
            throw .unprocessable([
                .init(pointer: "/values", detail: "At most \(Self.valuesMax) values can be chosen at once.")
            ])
        }
        guard let zone = TimeZone(identifier: zoneName) else {
            throw .unprocessable([.init(pointer: "/time_zone", detail: "Unknown time zone. Write it as Europe/Oslo.")])
        }
        let chosen = definitions.chart(chart)?.timeRange ?? range
        let now = now()
        let timeRange = TimeRange(chosen, now: now, timeZone: zone)
        if timeRange == nil, chosen != .all {
            throw .unprocessable([.init(pointer: "/time_range", detail: "There are no such days.")])
        }
        return ChartRequest(
            range: timeRange, timeZone: zoneName, values: values ?? [:], rowsMax: settings.chartRowsMax,
            now: now)
    }
}

extension Response {
    /// An answer of JSON that is already text.
    init(jsonBytes: [UInt8]) {
        self.init(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(bytes: jsonBytes)))
    }

    /// An answer of JSON whose text is in parts.
    init(jsonParts parts: [[UInt8]]) {
        let size = 64 << 10
        let body = ResponseBody(contentLength: parts.reduce(0) { $0 + $1.count }) { writer in
            for part in parts {
                var start = 0
                while start < part.count {
                    let end = min(start + size, part.count)
                    try await writer.write(ByteBuffer(bytes: part[start..<end]))
                    start = end
                }
            }
            try await writer.finish(nil)
        }
        self.init(status: .ok, headers: [.contentType: "application/json; charset=utf-8"], body: body)
    }

    /// `value` as JSON, dates as ISO 8601.
    init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.init(jsonBytes: Array(try encoder.encode(value)))
    }
}
