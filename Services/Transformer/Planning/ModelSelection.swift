import ModelProject
import Spelling

/// Which models an expression such as `+marts.orders & tag:daily` names: SQLMesh's language of `--select-model`.
///
/// `*` in names and tags stands for any text; `tag:x` for models of that tag; `git:branch` for models whose files differ
/// from those of the branch; `+` before for what they read, `+` after for what reads them, directly or not; `&`, `|` and `^`
/// for and, or and not; parentheses as usual.
public struct ModelSelection: Sendable {
    /// A model as far as a selection asks.
    public struct Candidate: Sendable {
        public let name: ModelName
        public let parents: [ModelName]
        public let tags: [String]
        /// The model's file, relative to the pipeline folder.
        public let path: String

        public init(name: ModelName, parents: [ModelName], tags: [String], path: String = "") {
            self.name = name
            self.parents = parents
            self.tags = tags
            self.path = path
        }

        /// A model of a project.
        public init(_ snapshot: ModelSnapshot) {
            self.init(
                name: snapshot.name, parents: snapshot.parents, tags: snapshot.definition.tags,
                path: snapshot.definition.source.path)
        }

        /// A model of an environment: of its file nothing is known.
        public init(_ model: PromotedModel) {
            self.init(name: model.name, parents: model.facts.parents, tags: model.facts.tags)
        }
    }

    /// What is wrong with an expression.
    public struct Mistake: Error, Sendable, Equatable, CustomStringConvertible {
        public let expression: String
        public let message: String
        public var description: String { "`\(expression)`: \(message)" }
    }

    indirect enum Node: Sendable, Equatable {
        case name(String)
        case tag(String)
        case branch(String)
        case withParents(Node)
        case withReaders(Node)
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
    }

    /// As it was written.
    public let text: String
    private(set) var root: Node

    /// - Throws: ``Mistake`` for an expression that makes no sense.
    public init(_ text: String) throws(Mistake) {
        self.text = text
        var reader = Reader(text)
        root = try reader.disjunction()
        try reader.end()
    }

    /// Whether it is a model's name and nothing more.
    public var isOneName: Bool {
        if case .name(let name) = root { !name.contains("*") } else { false }
    }

    /// The branches that it compares with.
    public var branches: Set<String> {
        func find(_ node: Node) -> Set<String> {
            switch node {
            case .name, .tag: []
            case .branch(let name): [name]
            case .withParents(let node), .withReaders(let node), .not(let node): find(node)
            case .and(let left, let right), .or(let left, let right): find(left).union(find(right))
            }
        }
        return find(root)
    }

    /// The same models and what they read, directly or not.
    public var withParents: ModelSelection {
        var selection = self
        selection.root = .withParents(root)
        return selection
    }

    /// The tables of `tables` that it names, where it names nothing else: `raw.events`, or `raw.*`.
    public func tables(among tables: Set<String>) -> Set<String> {
        let pattern: String
        switch root {
        case .name(let name), .withReaders(.name(let name)): pattern = name
        default: return []
        }
        let glob = Glob(pattern.lowercased())
        return tables.filter(glob.matches)
    }

    /// The models among `candidates` that it names.
    /// - Parameter changed: Files that differ from a branch's, by the branch.
    /// - Throws: ``Mistake`` for a name that no model has.
    public func names(
        among candidates: [Candidate], changed: [String: Set<String>] = [:]
    ) throws(Mistake) -> Set<ModelName> {
        try names(root, candidates, changed)
    }

    private func names(
        _ node: Node, _ all: [Candidate], _ changed: [String: Set<String>]
    ) throws(Mistake) -> Set<ModelName> {
        switch node {
        case .name(let pattern):
            let glob = Glob(pattern.lowercased())
            let found = all.filter { candidate in
                glob.matches(candidate.name.description)
                    || (!pattern.contains(".") && candidate.name.schema == ModelName.defaultSchema
                        && glob.matches(candidate.name.name))
            }
            if found.isEmpty, !pattern.contains("*") {
                let known = all.map(\.name.description)
                let hint = KnownNames.nearest(to: pattern, in: known).map { " Did you mean \($0)?" } ?? ""
                throw Mistake(expression: text, message: "There is no model \(pattern).\(hint)")
            }
            return Set(found.map(\.name))
        case .tag(let pattern):
            let glob = Glob(pattern.lowercased())
            return Set(all.filter { $0.tags.contains { glob.matches($0.lowercased()) } }.map(\.name))
        case .branch(let branch):
            let files = changed[branch] ?? []
            return Set(all.filter { files.contains($0.path) }.map(\.name))
        case .withParents(let node): return Self.parents(of: try names(node, all, changed), all)
        case .withReaders(let node): return Self.readers(of: try names(node, all, changed), all)
        case .not(let node): return Set(all.map(\.name)).subtracting(try names(node, all, changed))
        case .and(let left, let right):
            return try names(left, all, changed).intersection(try names(right, all, changed))
        case .or(let left, let right):
            return try names(left, all, changed).union(try names(right, all, changed))
        }
    }

    private static func parents(of names: Set<ModelName>, _ all: [Candidate]) -> Set<ModelName> {
        let parents = Dictionary(all.map { ($0.name, $0.parents) }) { first, _ in first }
        return closure(names) { parents[$0] ?? [] }
    }

    private static func readers(of names: Set<ModelName>, _ all: [Candidate]) -> Set<ModelName> {
        var readers: [ModelName: [ModelName]] = [:]
        for candidate in all { for parent in candidate.parents { readers[parent, default: []].append(candidate.name) } }
        return closure(names) { readers[$0] ?? [] }
    }

    private static func closure(_ names: Set<ModelName>, _ next: (ModelName) -> [ModelName]) -> Set<ModelName> {
        var found: Set<ModelName> = []
        var open = Array(names)
        while let name = open.popLast() { if found.insert(name).inserted { open += next(name) } }
        return found
    }
}

/// A text in which `*` stands for any characters.
struct Glob {
    private let parts: [Substring]

    init(_ pattern: String) { parts = pattern.split(separator: "*", omittingEmptySubsequences: false) }

    /// Looks at each part once, from the left: the first place where it fits is as good as any.
    func matches(_ text: String) -> Bool {
        guard let first = parts.first, let last = parts.last, text.hasPrefix(first) else { return false }
        if parts.count == 1 { return text == first }
        var rest = text.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.count >= last.count && rest.hasSuffix(last)
    }
}

/// Reads an expression, from the weakest operator to the strongest.
private struct Reader {
    private static let depthMax = 100
    private static let bytesMax = 10_000
    private let text: String
    private var rest: Substring
    private var depth = 0

    init(_ text: String) {
        self.text = text
        rest = text[...]
    }

    private func mistake(_ message: String) -> ModelSelection.Mistake {
        ModelSelection.Mistake(expression: text, message: message)
    }

    private mutating func take(_ character: Character) -> Bool {
        rest = rest.drop(while: \.isWhitespace)
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    mutating func end() throws(ModelSelection.Mistake) {
        rest = rest.drop(while: \.isWhitespace)
        guard rest.isEmpty else { throw mistake("`\(rest)` is not understood. Join with & or |.") }
    }

    mutating func disjunction() throws(ModelSelection.Mistake) -> ModelSelection.Node {
        var node = try conjunction()
        while take("|") { node = .or(node, try conjunction()) }
        return node
    }

    private mutating func conjunction() throws(ModelSelection.Mistake) -> ModelSelection.Node {
        var node = try negation()
        while take("&") { node = .and(node, try negation()) }
        return node
    }

    private mutating func negation() throws(ModelSelection.Mistake) -> ModelSelection.Node {
        guard depth < Self.depthMax, text.utf8.count < Self.bytesMax else {
            throw mistake("It is too long, or nested too deep.")
        }
        depth += 1
        defer { depth -= 1 }
        if take("^") { return .not(try negation()) }
        let withParents = take("+")
        var node = try atom()
        if rest.first == "+" {
            rest.removeFirst()
            node = .withReaders(node)
            // Both signs: what it reads and what reads it, not what those read in turn.
            if withParents, case .withReaders(let inner) = node { return .or(.withParents(inner), node) }
        }
        return withParents ? .withParents(node) : node
    }

    private mutating func atom() throws(ModelSelection.Mistake) -> ModelSelection.Node {
        if take("(") {
            let node = try disjunction()
            guard take(")") else { throw mistake("A ) is missing.") }
            return node
        }
        rest = rest.drop(while: \.isWhitespace)
        let word = rest.prefix { !$0.isWhitespace && !"&|^+()".contains($0) }
        guard !word.isEmpty else { throw mistake("A model's name is missing.") }
        rest = rest[word.endIndex...]
        if word.hasPrefix("tag:") { return .tag(String(word.dropFirst(4))) }
        if word.hasPrefix("git:") { return .branch(String(word.dropFirst(4))) }
        return .name(word.filter { $0 != "\"" && $0 != "`" })
    }
}
