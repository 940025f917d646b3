import Hummingbird
import ModelProject
import Pipeline
import Planning

/// A page of the models of an environment, by name.
struct ModelList: ResponseEncodable {
    struct Item: Encodable {
        let name: String, kind: String, relation: String, table: String, cron: String, owner: String?
        let description: String?, tags: [String]
        /// The latest stretches that are computed, at most ``computedMax``.
        let computed: [[String]]
        /// The end of what is computed; nil: nothing is.
        let computedUpTo: String?
        /// How often audits found something in its table in the last 30 days.
        let findings: Int
        /// How many of its unit tests failed when they ran last.
        let failedTests: Int
        /// Nil: nothing was computed of it in the last 30 days.
        let lastRun: ModelRuns.Item?
    }

    static let computedMax = 20

    let models: [Item]
    /// How many there are on all pages.
    let total: Int
    /// Of the next page; nil on the last.
    let nextCursor: String?
}

/// A model of an environment.
struct ModelDetail: ResponseEncodable {
    struct Column: Encodable { let name: String, type: String, description: String? }

    /// Related models beyond so many are left out.
    static let relatedMax = 500

    let environment: String, name: String, kind: String, relation: String, table: String
    let owner: String?, description: String?, tags: [String]
    let cron: String, cronTimeZone: String, start: String?, unit: String, lookback: Int
    let columns: [Column], parents: [String], sources: [String], readers: [String]
    /// Other environments that show the same table.
    let sharedWith: [String]
    let audits: [Audit], tests: [Test]
    let situation: Situation?
    /// Why its texts cannot be read; nil: they can.
    let problem: String?

    struct Audit: Encodable {
        let audit: String, isBlocking: Bool
        /// When it ran last over its table; nil: never.
        let ranAt: String?
        /// How many failures it found then, and in the rows of which times; nil: all.
        let failures: Int?, lookedAt: String?
    }

    /// A unit test, as it ended last.
    struct Test: Encodable {
        let name: String, file: String, line: Int, ranAt: String
        /// Empty when it passed.
        let problems: [String]
        /// Whether it tested what this environment shows: false when the model's text was another one.
        let isOfThis: Bool
    }

    /// What a run would do now.
    struct Situation: Encodable {
        let willRun: Bool, isWhole: Bool
        /// Sentences for people.
        let reasons: [String]
        let nextTick: String?, runningSince: String?, computedUpTo: String?
    }
}

extension ModelDetail {
    init(
        _ model: PromotedModel, in environment: EnvironmentCatalog.Environment, sharedWith: [String],
        explanation: ModelExplanation?, results: [String: AuditResult], tests: [TestResult], problem: String?
    ) {
        let facts = model.facts
        let readers = environment.models.filter { $0.facts.parents.contains(model.name) }.map(\.name.description)
        self.init(
            environment: environment.name, name: model.name.description, kind: facts.kind,
            relation: RelationNames.view(model.name, in: environment.name).description,
            table: RelationNames.table(model.id).description, owner: facts.owner, description: facts.description,
            tags: facts.tags, cron: facts.cron, cronTimeZone: facts.cronTimeZone, start: facts.start?.description,
            unit: facts.unit.rawValue, lookback: facts.lookback,
            columns: (environment.columns[model.name] ?? []).map {
                .init(name: $0.name, type: $0.type, description: facts.columnDescriptions[$0.name])
            },
            parents: Array(facts.parents.map(\.description).prefix(Self.relatedMax)),
            sources: Array(facts.sources.prefix(Self.relatedMax)), readers: Array(readers.prefix(Self.relatedMax)),
            sharedWith: sharedWith,
            audits: explanation?.model.snapshot.audits.map { Audit($0, last: results["\($0.call)"]) } ?? [],
            tests: tests.map { Test($0, of: model) },
            situation: explanation.map(Situation.init), problem: problem)
    }
}

extension ModelDetail.Audit {
    fileprivate init(_ audit: BoundAudit, last: AuditResult?) {
        self.init(
            audit: "\(audit.call)", isBlocking: audit.isBlocking, ranAt: last?.at.description, failures: last?.failures,
            lookedAt: last?.lookedAt.map(IntervalText.days))
    }
}

extension ModelDetail.Test {
    fileprivate init(_ result: TestResult, of model: PromotedModel) {
        self.init(
            name: result.name, file: result.file, line: result.line, ranAt: result.at.description,
            problems: result.problems, isOfThis: result.dataHash == model.dataHash)
    }
}

extension ModelDetail.Situation {
    private static let reasonsMax = 20

    init(_ explanation: ModelExplanation) {
        let isWhole = !explanation.model.snapshot.definition.kind.options.isIncremental
        self.init(
            willRun: !explanation.missing.due.isEmpty, isWhole: isWhole,
            reasons: explanation.reasons.parts.prefix(Self.reasonsMax).map { $0.text(isWhole: isWhole) },
            nextTick: explanation.next?.description, runningSince: explanation.running?.description,
            computedUpTo: explanation.done.end?.description)
    }
}

/// A model's SQL as written and as a run over one interval expands it.
struct ModelSQLAnswer: ResponseEncodable {
    /// Longer texts, such as those of large seeds, are cut.
    static let bytesMax = 256 << 10

    let file: String
    let written: String
    /// The interval that `rendered`, `before` and `after` are for.
    let from: String, to: String
    let rendered: String
    /// The statements that run before and after the query.
    let before: [String], after: [String]
    let isCut: Bool

    init(_ model: PlannedModel, over interval: Interval, execution: Moment) throws(PipelineError) {
        let snapshot = model.snapshot
        let rendering = ModelRendering(snapshot)
        let context = rendering.context(for: interval, execution: execution, isIncremental: true)
        let query = try rendering.query(context).text.trimmingCharacters(in: .whitespacesAndNewlines)
        let statements = try rendering.statements(context)
        file = snapshot.definition.source.path
        written = Self.cut(snapshot.definition.source.text)
        (from, to) = (interval.start.description, interval.end.description)
        rendered = Self.cut(query)
        before = statements.before.filter { !$0.isEmpty }.map(Self.cut)
        after = statements.after.filter { !$0.isEmpty }.map(Self.cut)
        isCut = max(snapshot.definition.source.text.utf8.count, query.utf8.count) > Self.bytesMax
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= bytesMax ? text : String(decoding: text.utf8.prefix(bytesMax), as: UTF8.self)
    }
}

/// Which part of each day is computed, and which days a run would compute.
struct ModelCalendar: ResponseEncodable {
    /// The first day.
    let from: String
    let unit: String
    /// True for a model that is computed as a whole: its days say nothing.
    let isWhole: Bool
    /// The part of each day that is computed, from 0 to 1.
    let computed: [Double]
    /// The part of each day that a run would compute now.
    let missing: [Double]

    init(_ explanation: ModelExplanation, from first: Moment, days: Int) {
        func parts(_ set: IntervalSet) -> [Double] {
            DayCoverage.seconds(of: set, from: first, days: days).map { (Double($0) / 864).rounded() / 100 }
        }
        from = first.day
        unit = explanation.model.snapshot.grid.unit.rawValue
        isWhole = !explanation.model.snapshot.definition.kind.options.isIncremental
        computed = parts(explanation.done)
        missing = parts(explanation.missing.due)
    }
}
