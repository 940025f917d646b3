/// What is wrong with a text or a tree, and where.
public struct SQLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of thing is wrong. Callers branch on it, never on the message.
    public enum Code: String, Sendable, CaseIterable {
        /// The text is not SQL of the dialect: an open quote, an unknown character, a word that does not fit.
        case syntax
        /// It nests deeper than this module follows.
        case tooDeep
        /// It is longer than this module reads (4 GiB).
        case tooLong
        /// The other dialect has nothing that means the same.
        case noEquivalent
        /// What the text means depends on a type that is not known.
        case typeNeeded
        /// Neither dialect is known to have the function.
        case unknownFunction
        case unknownTable
        case unknownColumn
        case ambiguousColumn
        /// Queries that read each other in a circle.
        case cycle
        /// Anything else that cannot be resolved, such as a star over a table of unknown columns.
        case unresolved
    }

    public let code: Code
    /// What happened and what to do, without the place.
    public let message: String
    /// What could have stood there, as words for people; empty where that says nothing.
    public let expected: [String]
    /// Where in the text; `SourceRange.none` for a tree that was built by code.
    public let range: SourceRange
    /// From 1; 0 when `range` is none or the text is not at hand.
    public let line: Int
    /// From 1, in characters; 0 when `range` is none or the text is not at hand.
    public let column: Int
    /// The line in question with a caret under the place; empty when the text is not at hand.
    public let excerpt: String

    public init(
        _ code: Code, _ message: String, expected: [String] = [], at range: SourceRange = .none, in text: String? = nil
    ) {
        self.code = code
        self.message = message
        self.expected = expected
        self.range = range
        if let text, !range.isNone {
            let place = SourcePlace(offset: Int(range.start), in: text)
            line = place.line
            column = place.column
            excerpt = place.excerpt
        } else {
            line = 0
            column = 0
            excerpt = ""
        }
    }

    /// The same error with line, column and excerpt, which only the text can tell.
    public func placed(in text: String) -> SQLError {
        excerpt.isEmpty ? SQLError(code, message, expected: expected, at: range, in: text) : self
    }

    public var description: String {
        var text = line > 0 ? "Line \(line), column \(column): \(message)" : message
        if !expected.isEmpty { text += " Expected \(expected.joined(separator: ", "))." }
        if !excerpt.isEmpty { text += "\n\(excerpt)" }
        return text
    }
}
