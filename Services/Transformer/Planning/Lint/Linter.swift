import ModelProject
import Pipeline
import SQL

/// Looks at the models of a project by rules.
public struct Linter: Sendable {
    private let graph: ProjectGraph
    private let tested: Set<ModelName>
    private let declared: Set<String>

    /// - Parameters:
    ///   - graph: That of `project`.
    ///   - declared: Tables that are no models and whose columns somebody has written down, in lower case.
    public init(_ project: Project, _ graph: ProjectGraph, declared: Set<String>) {
        self.graph = graph
        tested = Set(project.tests.compactMap { project.index.find($0.model) })
        self.declared = declared
    }

    /// What the rules find, by file and place.
    public func findings(_ rules: Set<LintRule>) -> [LintFinding] {
        let found = graph.snapshots.flatMap { snapshot in
            rules.filter { !Self.isIgnored($0, by: snapshot.definition) }.sorted().flatMap { rule in
                check(rule, snapshot).map { offset, message in finding(rule, snapshot, offset, message) }
            }
        }
        return found.sorted { ($0.file, $0.line, $0.column, $0.rule) < ($1.file, $1.line, $1.column, $1.rule) }
    }

    private static func isIgnored(_ rule: LintRule, by model: ModelDefinition) -> Bool {
        model.ignoredRules.contains { $0 == rule.rawValue || $0 == "all" }
    }

    private typealias Found = (offset: Int, message: String)

    private func finding(
        _ rule: LintRule, _ snapshot: ModelSnapshot, _ offset: Int, _ message: String
    ) -> LintFinding {
        let source = snapshot.definition.source
        let (line, column) = source.place(at: offset)
        return LintFinding(
            rule: rule, model: snapshot.name.description, file: source.path, line: line, column: column,
            message: message)
    }

    private func check(_ rule: LintRule, _ snapshot: ModelSnapshot) -> [Found] {
        let model = snapshot.definition
        let head = model.offsets["name"] ?? 0
        // There is no query to speak of where rows come from elsewhere.
        let isSymbolic = ["EXTERNAL", "EMBEDDED"].contains(model.kind.name)
        let hasQuery = model.kind.name != "SEED" && model.kind.name != "EXTERNAL"
        switch rule {
        case .noMissingAudits:
            return model.audits.isEmpty && !isSymbolic ? [(head, "\(snapshot.name) has no audits.")] : []
        case .noMissingUnitTest:
            let isMissing = !tested.contains(snapshot.name) && hasQuery
            return isMissing ? [(head, "\(snapshot.name) has no unit test in tests/.")] : []
        case .noMissingExternalModels:
            return snapshot.sources.filter { !declared.contains($0) }.map { source in
                let message =
                    "\(source) is neither a model nor in external_models.yaml. "
                    + "`transformer create-external-models` writes it there."
                return (snapshot.places[source] ?? head, message)
            }
        case .forgivenSQL: return snapshot.query.notes.map { ($0.offset, $0.message) }
        case .noSelectStar: return hasQuery ? stars(snapshot) : []
        case .noAmbiguousProjections: return hasQuery ? projections(snapshot) : []
        case .invalidSelectStarExpansion: return hasQuery ? expansion(snapshot) : []
        case .ambiguousOrInvalidColumn: return hasQuery ? names(snapshot) : []
        }
    }

    // MARK: Rules that read the query

    private func stars(_ snapshot: ModelSnapshot) -> [Found] {
        items(snapshot.query.query.body).compactMap { item in
            guard case .star = item.value else { return nil }
            return (offset(of: item.value.range, snapshot), "`*` in the outer select list: name the columns.")
        }
    }

    private func projections(_ snapshot: ModelSnapshot) -> [Found] {
        var found: [Found] = []
        var seen: Set<String> = []
        for item in items(snapshot.query.query.body) {
            if case .star = item.value { continue }
            guard let name = item.alias?.name ?? item.value.givenName else {
                let text = item.value.sql(snapshot.query.dialect)
                found.append((offset(of: item.value.range, snapshot), "`\(text)` needs a name: write AS and one."))
                continue
            }
            if !seen.insert(name.lowercased()).inserted {
                found.append((offset(of: item.value.range, snapshot), "There are two columns named \(name)."))
            }
        }
        return found
    }

    private func expansion(_ snapshot: ModelSnapshot) -> [Found] {
        guard snapshot.usesStar, !isComplete(snapshot) else { return [] }
        let unknown = snapshot.sources.filter { !declared.contains($0) }
        let what = unknown.isEmpty ? "" : " of \(unknown.joined(separator: ", "))"
        return [
            (
                snapshot.definition.query.firstCode,
                "`*` cannot be written out: the columns\(what) are not known. Name them, or declare them in "
                    + "external_models.yaml."
            )
        ]
    }

    private func names(_ snapshot: ModelSnapshot) -> [Found] {
        snapshot.query.query.nameErrors(in: catalog(of: snapshot))
            .filter { $0.code == .unknownColumn || $0.code == .ambiguousColumn }
            .map { (offset(of: $0.range, snapshot), $0.message) }
    }

    private func isComplete(_ snapshot: ModelSnapshot) -> Bool {
        do throws(SQLError) {
            return try snapshot.query.query.qualified(in: catalog(of: snapshot)).isComplete
        } catch {
            return true  // another rule tells of names
        }
    }

    /// The columns of the relations that the query names, as far as they are known.
    private func catalog(of snapshot: ModelSnapshot) -> SchemaCatalog {
        let index = ModelIndex(snapshot.parents)
        return snapshot.query.catalog { written in
            index.find(written).map { graph.columns(of: $0) } ?? graph.externals[written]?.map(\.name)
        }
    }

    /// The outer select list; of a set operation that of its first query, which names the columns.
    private func items(_ body: QueryBody) -> [SelectItem] {
        switch body {
        case .select(let select): select.items
        case .query(let query): items(query.body)
        case .setOperation(let operation): operation.operands.first.map(items) ?? []
        case .values, .table, .pipe, .placeholder: []
        }
    }

    private func offset(of range: SourceRange, _ snapshot: ModelSnapshot) -> Int {
        guard !range.isNone else { return snapshot.definition.query.firstCode }
        return snapshot.query.sourceOffset(of: range)
    }
}

extension Expression {
    /// The name that every database gives a column made of it without AS; nil where they differ.
    fileprivate var givenName: String? {
        switch self {
        case .column(let column): column.name.name
        case .cast(let cast): cast.operand.givenName
        case .field(let access): access.field.name
        default: nil
        }
    }
}
