/// Where the columns of several queries come from that read each other's results, from end to end.
///
/// Always: of two columns of which one is made from the other, the source has the smaller number. Every walk over the
/// columns follows their numbers, and so takes each once.
public struct ModelLineage: Sendable {
    /// A query whose result others read under a name.
    public struct Model: Sendable {
        public var name: QualifiedName
        public var query: Query

        public init(_ name: QualifiedName, _ query: Query) {
            self.name = name
            self.query = query
        }
    }

    /// A column that another is connected with.
    public struct Connection: Sendable, Hashable {
        public let column: SourceReference
        /// The strongest of the uses on the ways between the two.
        public let usage: LineageUsage
        /// A shortest way between the two, from the source to what is made of it, both included.
        public let path: [SourceReference]
    }

    /// The names of the models, parents before children.
    public let models: [QualifiedName]
    /// What each model returns and what its rows depend on, by the model's name.
    private let direct: [String: QueryLineage]
    private let columns: [SourceReference]
    private let numbers: [SourceReference: Int]
    /// What each column is made from, and what is made from it.
    private let sources: [[Edge]]
    private let readers: [[Edge]]

    private struct Edge: Sendable {
        var column: Int
        var usage: LineageUsage
    }

    /// Resolves each model once, in time that grows with the length of all queries.
    /// - Parameters:
    ///   - models: In any order. A model may read its own earlier result.
    ///   - catalog: The tables outside that the models read; those that it lacks have the columns that queries name.
    /// - Throws: `cycle` when models read each other in a circle, which it names; `unresolved` when two have one name; for
    ///   a model that cannot be resolved what `Query.lineage` throws, with the model's name before the message.
    public init(
        of models: [Model], catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) throws(SQLError) {
        var catalog = catalog
        for model in models { catalog.addOpen(model.name) }
        let ordered = try ModelOrder(models, in: catalog).models
        var direct: [String: QueryLineage] = [:]
        var columns: [SourceReference] = []
        var numbers: [SourceReference: Int] = [:]
        var sources: [[Edge]] = []
        var readers: [[Edge]] = []
        func number(_ column: SourceReference) -> Int {
            if let known = numbers[column] { return known }
            numbers[column] = columns.count
            columns.append(column)
            sources.append([])
            readers.append([])
            return columns.count - 1
        }
        for model in ordered {
            let name = model.name.description
            let lineage: QueryLineage
            do { lineage = try model.query.lineage(in: catalog, options: options) } catch {
                throw SQLError(error.code, "\(name): \(error.message)", expected: error.expected, at: error.range)
            }
            direct[name] = lineage
            if lineage.isComplete {
                catalog.add(model.name, columns: lineage.columns.map { .init($0.name, $0.type) })
            } else {
                catalog.addOpen(model.name, columns: lineage.columns.map { .init($0.name, $0.type) })
            }
            for source in lineage.columns.flatMap(\.sources) where source.column.table != name {
                _ = number(source.column)
            }
            for column in lineage.columns {
                let target = number(SourceReference(table: name, column: column.name))
                // What a model keeps of its own earlier rows comes from where they came from.
                for source in column.sources where source.column.table != name {
                    let origin = number(source.column)
                    sources[target].append(Edge(column: origin, usage: source.usage))
                    readers[origin].append(Edge(column: target, usage: source.usage))
                }
            }
        }
        self.models = ordered.map(\.name)
        self.direct = direct
        self.columns = columns
        self.numbers = numbers
        self.sources = sources
        self.readers = readers
    }

    /// What a model's own query says; nil for a name that is no model's.
    public func lineage(of model: QualifiedName) -> QueryLineage? { direct[model.description] }

    /// All columns that values of `column` come from, through any number of models, the nearest first. Empty for a column
    /// that is made of nothing, and for one that is not known.
    public func upstream(of column: SourceReference) -> [Connection] {
        closure(of: column, along: sources, isUpstream: true)
    }

    /// As `upstream`, but only columns of tables that are no models.
    public func origins(of column: SourceReference) -> [Connection] {
        upstream(of: column).filter { direct[$0.column.table] == nil }
    }

    /// All columns that are made of `column`, through any number of models, the nearest first.
    public func downstream(of column: SourceReference) -> [Connection] {
        closure(of: column, along: readers, isUpstream: false)
    }

    /// The models whose rows are chosen by `column` or by what is made of it: in conditions of WHERE, HAVING, QUALIFY and
    /// joins. Parents before children; those are not among them that only read the result of one.
    public func modelsFiltered(by column: SourceReference) -> [QualifiedName] {
        let all = Set([column] + downstream(of: column).map(\.column))
        return models.filter { direct[$0.description]?.filters.contains(where: all.contains) ?? false }
    }

    // MARK: Walking

    /// What has been found out of a column on the way.
    private struct Visit {
        var usage: LineageUsage
        var distance: Int
        /// The column that the shortest way comes from.
        var previous: Int
    }

    /// Follows edges from one column; by their numbers, so that all ways to a column are known before it is left.
    private func closure(of column: SourceReference, along edges: [[Edge]], isUpstream: Bool) -> [Connection] {
        guard let start = numbers[column] else { return [] }
        var visits: [Int: Visit] = [:]
        for current in reachable(from: start, along: edges).sorted(by: isUpstream ? { $0 > $1 } : { $0 < $1 }) {
            let here = visits[current] ?? Visit(usage: .copied, distance: 0, previous: current)
            for edge in edges[current] {
                let usage = max(here.usage, edge.usage)
                let known = visits[edge.column] ?? Visit(usage: usage, distance: .max, previous: current)
                var visit = Visit(usage: max(usage, known.usage), distance: known.distance, previous: known.previous)
                if here.distance + 1 < known.distance {
                    visit.distance = here.distance + 1
                    visit.previous = current
                }
                visits[edge.column] = visit
            }
        }
        let found = visits.sorted { ($0.value.distance, $0.key) < ($1.value.distance, $1.key) }
        return found.map { number, visit in
            var path = [number]
            while let last = path.last, last != start, let visit = visits[last] { path.append(visit.previous) }
            if !isUpstream { path.reverse() }
            return Connection(column: columns[number], usage: visit.usage, path: path.map { columns[$0] })
        }
    }

    private func reachable(from start: Int, along edges: [[Edge]]) -> Set<Int> {
        var seen: Set<Int> = [start]
        var open = [start]
        while let current = open.popLast() {
            for edge in edges[current] where seen.insert(edge.column).inserted { open.append(edge.column) }
        }
        return seen
    }
}
