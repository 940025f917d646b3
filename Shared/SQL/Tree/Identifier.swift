/// A name as it was spelled, without its quotes.
///
/// Whether two spellings are the same name is the dialect's affair: see `SQLDialect.folded(_:)`.
public struct Identifier: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    public var name: String
    /// True when the name was quoted, or must be taken letter by letter. The generator quotes such a name, and any
    /// other that could not be read back without quotes.
    public var quoted: Bool
    public var range: SourceRange

    public init(_ name: String, quoted: Bool = false, range: SourceRange = .none) {
        self.name = name
        self.quoted = quoted
        self.range = range
    }

    public init(stringLiteral value: String) { self.init(value) }

    public var description: String { name }

    public static func == (left: Identifier, right: Identifier) -> Bool {
        left.quoted == right.quoted && left.name == right.name
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(quoted)
    }
}

/// A name of one or more parts: `events`, `raw.events`, `project.dataset.table`.
public struct QualifiedName: Sendable, Hashable, CustomStringConvertible {
    public var parts: [Identifier]
    /// In FROM: may also be an array in a column of another relation there, as GoogleSQL has it.
    var mayBeArray = false

    public init(_ parts: [Identifier]) { self.parts = parts }

    /// Unquoted parts, outermost first.
    public init(_ names: String...) { parts = names.map { Identifier($0) } }

    /// The last part: the thing's own name.
    public var last: Identifier { parts.last ?? Identifier("") }

    /// All parts but the last.
    public var qualifier: ArraySlice<Identifier> { parts.dropLast() }

    public var range: SourceRange {
        guard let first = parts.first, let last = parts.last, !first.range.isNone, !last.range.isNone else {
            return .none
        }
        return SourceRange(start: first.range.start, end: last.range.end)
    }

    public var description: String { parts.map(\.name).joined(separator: ".") }

    public static func == (left: QualifiedName, right: QualifiedName) -> Bool { left.parts == right.parts }
    public func hash(into hasher: inout Hasher) { hasher.combine(parts) }
}
