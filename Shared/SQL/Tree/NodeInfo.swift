/// What a node carries beside its meaning: where it stood in the text, and the comments next to it.
///
/// It takes no part in comparisons: two nodes are equal when they mean the same, wherever they were written.
public struct NodeInfo: Sendable, Hashable {
    public var range: SourceRange
    /// The comments attached to the node; nil for none.
    public var comments: Comments?

    public init(range: SourceRange = .none, comments: Comments? = nil) {
        self.range = range
        self.comments = comments
    }

    /// For nodes built by code.
    public static let none = NodeInfo()

    public static func == (left: NodeInfo, right: NodeInfo) -> Bool { true }
    public func hash(into hasher: inout Hasher) {}
}

/// Comments of one node, in the order of the text.
public final class Comments: Sendable {
    /// Those before the node.
    public let leading: [Comment]
    /// Those behind the node.
    public let trailing: [Comment]

    public init(leading: [Comment] = [], trailing: [Comment] = []) {
        self.leading = leading
        self.trailing = trailing
    }
}

/// One comment: its words, without the marks around them.
public struct Comment: Sendable, Hashable {
    public var text: String
    /// True for `-- …` and `# …`, false for `/* … */`.
    public var isLine: Bool
    public var range: SourceRange

    public init(text: String, isLine: Bool = false, range: SourceRange = .none) {
        self.text = text
        self.isLine = isLine
        self.range = range
    }
}

/// How something was written where two spellings mean the same. It takes no part in comparisons.
public struct Spelling<Value: Sendable>: Sendable, Hashable {
    public var value: Value

    public init(_ value: Value) { self.value = value }

    public static func == (left: Self, right: Self) -> Bool { true }
    public func hash(into hasher: inout Hasher) {}
}

/// A large part that most nodes lack, kept beside the node so that the others stay small.
final class Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }

    static func == (left: Boxed, right: Boxed) -> Bool { left === right || left.value == right.value }
    func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
