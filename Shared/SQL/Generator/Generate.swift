/// How trees are written as text.
public struct GeneratorStyle: Sendable, Hashable {
    /// Breaks lines and indents by this many spaces; nil: all in one line.
    public var indent: Int?
    /// Lines that fit into this many characters are not broken.
    public var widthMax: Int
    /// Writes comments.
    public var comments: Bool
    /// Writes one spelling for what means the same: names folded, no quotes that are not needed, functions in one case.
    public var canonical: Bool

    public init(indent: Int? = nil, widthMax: Int = 100, comments: Bool = true, canonical: Bool = false) {
        self.indent = indent
        self.widthMax = widthMax
        self.comments = comments
        self.canonical = canonical
    }

    /// One line, everything kept.
    public static let oneLine = GeneratorStyle()
    /// For people.
    public static let pretty = GeneratorStyle(indent: 2)
    /// One line without comments, one spelling for what means the same: what fingerprints are made of.
    public static let canonical = GeneratorStyle(comments: false, canonical: true)
}

extension Statement {
    /// The statement as text of `dialect`, without a semicolon. The dialect is the one the tree was read in or built
    /// for; to write it in the other one, transpile it first.
    public func sql(_ dialect: SQLDialect, style: GeneratorStyle = .oneLine) -> String {
        writing(dialect, style) { $0.statement(self) }
    }
}

extension Query {
    /// The query as text of `dialect`, without a semicolon.
    public func sql(_ dialect: SQLDialect, style: GeneratorStyle = .oneLine) -> String {
        writing(dialect, style) { $0.query(self) }
    }
}

extension Expression {
    /// The expression as text of `dialect`.
    public func sql(_ dialect: SQLDialect, style: GeneratorStyle = .oneLine) -> String {
        writing(dialect, style) { $0.expression(self) }
    }
}

extension DataType {
    /// The type as text of `dialect`.
    public func sql(_ dialect: SQLDialect, style: GeneratorStyle = .oneLine) -> String {
        writing(dialect, style) { $0.type(self) }
    }
}

extension Identifier {
    /// The name as text of `dialect`, quoted where it has to be.
    public func sql(_ dialect: SQLDialect) -> String {
        writing(dialect, .oneLine) { $0.name(self) }
    }
}

extension QualifiedName {
    /// The name as text of `dialect`, quoted where it has to be.
    public func sql(_ dialect: SQLDialect) -> String {
        writing(dialect, .oneLine) { $0.name(self) }
    }
}

private func writing(_ dialect: SQLDialect, _ style: GeneratorStyle, _ body: (inout SQLWriter) -> Void) -> String {
    var writer = SQLWriter(dialect: dialect, style: style)
    body(&writer)
    return writer.text
}
