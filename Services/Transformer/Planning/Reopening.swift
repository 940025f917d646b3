import ModelProject
import Pipeline

/// The late-data rule: what must be computed again when input has changed.
///
/// A row of an interval may depend on input of the same interval and of `lookback` later ones. So when a relation's rows
/// change within some intervals, every model that reads it has to be computed again for those and for the `lookback`
/// intervals before them; and then the models that read that one, and so on, each with its own lookback. What the rule
/// says of a model is without the intervals of its own lookback: `MissingIntervals` adds those to whatever is missing.
public struct Reopening: Sendable {
    /// A model as far as the rule needs it.
    public struct Node: Sendable {
        public let name: ModelName
        public let version: String
        /// Versions of the models it reads.
        public let parents: [VersionID]
        public let sources: [String]
        public let grid: IntervalGrid
        public let lookback: Int
        /// The model's first moment: nothing before is ever computed.
        public let start: Moment

        public init(
            name: ModelName, version: String, parents: [VersionID], sources: [String], grid: IntervalGrid,
            lookback: Int,
            start: Moment
        ) {
            self.name = name
            self.version = version
            self.parents = parents
            self.sources = sources
            self.grid = grid
            self.lookback = lookback
            self.start = start
        }

        public var id: VersionID { VersionID(name: name, version: version) }

        /// What of `times` is not before the model's start.
        func bounded(_ times: IntervalSet) -> IntervalSet {
            guard let end = times.end else { return times }
            return times.intersection(IntervalSet(from: grid.floor(start), to: end))
        }
    }

    private let nodes: [Node]

    /// - Parameter nodes: Parents before children, as environments keep them.
    public init(_ nodes: [Node]) { self.nodes = nodes }

    /// What rows that landed in `table` reopen. `table` is `schema.name`, lower case.
    public func landed(in table: String, _ times: IntervalSet) -> [VersionID: IntervalSet] {
        spread(seeds: [:], table: table, times)
    }

    /// What `times` of a model's new rows reopen in the models below it. The model itself is not among them.
    public func computed(_ model: VersionID, _ times: IntervalSet) -> [VersionID: IntervalSet] {
        var found = spread(seeds: [model: times], table: nil, times)
        found[model] = nil
        return found
    }

    private func spread(
        seeds: [VersionID: IntervalSet], table: String?, _ times: IntervalSet
    ) -> [VersionID: IntervalSet] {
        var changed = seeds
        var found = seeds
        // Environments may share a version and give it different parents, so one pass in order may not be enough.
        var before: [VersionID: IntervalSet]
        repeat {
            before = changed
            for node in nodes where seeds[node.id] == nil {
                let due = reopened(node, table: table, times, changed)
                guard !due.isEmpty else { continue }
                found[node.id] = (found[node.id] ?? IntervalSet()).union(due)
                let computed = node.bounded(node.grid.extended(due, back: node.lookback))
                changed[node.id] = (changed[node.id] ?? IntervalSet()).union(computed)
            }
        } while changed != before
        return found
    }

    /// What is due in `node` when its inputs have changed as `changed` and `times` say.
    private func reopened(
        _ node: Node, table: String?, _ times: IntervalSet, _ changed: [VersionID: IntervalSet]
    ) -> IntervalSet {
        var touched = IntervalSet()
        if let table, node.sources.contains(table) { touched = touched.union(times) }
        for parent in node.parents { if let set = changed[parent] { touched = touched.union(set) } }
        return node.bounded(node.grid.covering(touched))
    }
}

/// One physical table: a model at a version.
public struct VersionID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let name: ModelName
    public let version: String

    public init(name: ModelName, version: String) {
        self.name = name
        self.version = version
    }

    public static func < (left: VersionID, right: VersionID) -> Bool {
        (left.name, left.version) < (right.name, right.version)
    }

    public var description: String { "\(name)@\(version)" }

    /// A table of the same rows that one environment has for itself: what is computed again there leaves others theirs.
    func apart(_ mark: String) -> VersionID { VersionID(name: name, version: "\(version.prefix(16))r\(mark)") }

    /// A table in which an environment tries out a change that production is to get forward-only.
    static func preview(_ name: ModelName, fingerprint: String) -> VersionID {
        VersionID(name: name, version: "\(fingerprint.prefix(16))p")
    }

    /// What the state finds the table by: a table apart stands for no fingerprint, so that nobody else finds it.
    public func key(fingerprint: String) -> SnapshotKey {
        SnapshotKey(name: name, fingerprint: isApart ? "\(fingerprint) in \(version)" : fingerprint)
    }

    /// True for both. Other versions are hexadecimal.
    public var isApart: Bool { version.contains("r") || isPreview }
    var isPreview: Bool { version.hasSuffix("p") }
}
