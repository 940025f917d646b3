import ModelProject
import Pipeline

/// How far the data has come that models wait for.
public struct Readiness: Sendable {
    /// What keeps a model from being computed further.
    public struct Limit: Sendable, Equatable {
        /// The raw table that has come least far.
        public let table: String
        /// What is there, but for late rows, is all data before this time; nil: nothing is known to have landed.
        public let upTo: Moment?

        /// Nothing that ends later is computed.
        public var moment: Moment { upTo ?? .beginning }
    }

    /// A model as far as waiting goes.
    public struct Model: Sendable {
        let name: ModelName, parents: [ModelName], awaited: [String]

        public init(_ model: PromotedModel) {
            self.init(name: model.name, parents: model.facts.parents, awaited: model.facts.awaited ?? [])
        }

        public init(_ snapshot: ModelSnapshot) {
            self.init(name: snapshot.name, parents: snapshot.parents, awaited: snapshot.awaited)
        }

        private init(name: ModelName, parents: [ModelName], awaited: [String]) {
            (self.name, self.parents, self.awaited) = (name, parents, awaited)
        }
    }

    private let marks: [String: Moment]

    /// - Parameter marks: How far each raw table has come, by its name with the schema in lower case.
    public init(_ marks: [String: Moment]) { self.marks = marks }

    /// What keeps each of `models` back; those that nothing does are left out. A model waits for what the models wait for
    /// that it reads: what they do not have yet cannot be counted.
    /// - Parameter models: Parents before children.
    public func limits(of models: some Sequence<Model>) -> [ModelName: Limit] {
        var limits: [ModelName: Limit] = [:]
        for model in models {
            let own = model.awaited.map { Limit(table: $0, upTo: marks[$0]) }
            let inherited = model.parents.compactMap { limits[$0] }
            limits[model.name] = (own + inherited).min { ($0.moment, $0.table) < ($1.moment, $1.table) }
        }
        return limits
    }
}

extension Readiness.Limit: CustomStringConvertible {
    /// `waits for raw.events, which has landed up to 2026-11-05 10:00:00 UTC`
    public var description: String {
        let state = upTo.map { "which has landed up to \($0.timestamp(fraction: false)) UTC" }
        return "waits for \(table), \(state ?? "of which nothing is known to have landed")"
    }
}

extension ModelSnapshot {
    /// The raw tables that it waits for.
    public var awaited: [String] {
        guard let signal = definition.signal else { return [] }
        return signal.tables.isEmpty ? sources : signal.tables
    }
}
