// StatementLabel: what whoever looks at the engine's list of statements is told about those of a model.

/// Says what statements are for: to who watches the engine, and to who wants to end one of them.
public struct StatementLabel: Sendable, Equatable {
    /// What the session is called meanwhile; PostgreSQL shows its first 63 bytes.
    public let session: String
    /// Facts by name, in a comment before each statement of the model.
    public let facts: [(name: String, value: String)]

    /// A label of a name and facts.
    public init(session: String, facts: [(name: String, value: String)]) {
        self.session = session
        self.facts = facts
    }

    /// `/* environment=prod model=a.b */ `, whatever is in the values.
    var comment: String {
        let words = facts.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        // Comments nest in PostgreSQL: the beginning of one would open another.
        let text = String(words.map { "/*\n\r".contains($0) ? "_" : $0 })
        return "/* \(text) */ "
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.session == right.session && left.comment == right.comment
    }
}

extension PostgresEngine {
    /// The same engine; what is done of models through it carries `label`.
    public func labelled(_ label: StatementLabel) -> PostgresEngine {
        var engine = self
        engine.label = label
        return engine
    }
}
