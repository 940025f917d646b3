// ContractNode: a YAML value that knows where it stands, and a reader that collects mistakes and goes on.
import Yams

/// Collects what is wrong, so that one reading of a file tells all of it.
final class ContractProblems {
    private(set) var found: [ContractProblem] = []

    func add(_ message: String, at node: ContractNode) {
        found.append(
            ContractProblem(
                line: node.node?.mark?.line, column: node.node?.mark?.column, path: node.path, message: message))
    }
}

/// A value of the document; `node` is nil where the document has none.
struct ContractNode {
    let node: Node?
    let path: String
    let problems: ContractProblems

    var isPresent: Bool { node != nil }

    func problem(_ message: String) { problems.add(message, at: self) }

    subscript(_ key: String) -> ContractNode {
        ContractNode(
            node: node?.mapping?[key], path: path.isEmpty ? key : "\(path).\(key)", problems: problems)
    }

    /// The members of a list; none when it is absent.
    var list: [ContractNode] {
        guard let node else { return [] }
        guard let sequence = node.sequence else {
            problem("Expected a list here.")
            return []
        }
        return sequence.enumerated().map { index, member in
            ContractNode(node: member, path: "\(path)[\(index)]", problems: problems)
        }
    }

    /// The keys of a mapping, with their values.
    var entries: [(key: String, value: ContractNode)] {
        guard let node else { return [] }
        guard let mapping = node.mapping else {
            problem("Expected `key: value` lines here.")
            return []
        }
        return mapping.keys.compactMap { $0.string }.map { ($0, self[$0]) }
    }

    var text: String? {
        guard let node else { return nil }
        guard let scalar = node.scalar, !scalar.string.isEmpty else {
            problem("Expected text here.")
            return nil
        }
        return scalar.string
    }

    /// Text that must be there.
    func requiredText(_ meaning: String) -> String {
        guard isPresent else {
            problem("Missing: \(meaning).")
            return ""
        }
        return text ?? ""
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        guard let node else { return nil }
        guard let value = node.int, range.contains(value) else {
            let bounds =
                range.upperBound == .max
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            problem("Expected a whole number \(bounds).")
            return nil
        }
        return value
    }

    var number: Double? {
        guard let node else { return nil }
        guard let value = node.float, value.isFinite else {
            problem("Expected a number.")
            return nil
        }
        return value
    }

    var flag: Bool? {
        guard let node else { return nil }
        guard let value = node.bool else {
            problem("Expected true or false.")
            return nil
        }
        return value
    }
}
