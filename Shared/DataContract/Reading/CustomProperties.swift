import Spelling

/// `customProperties: [{property: partitions, value: 6}, …]`.
struct CustomProperties {
    private let entries: [(name: String, entry: ContractNode)]

    init(_ node: ContractNode) {
        for entry in node.list { entry.refuseOthers(than: ContractVocabulary.custom) }
        entries = node.list.map { ($0["property"].requiredText("the name of the custom property"), $0) }
    }

    func node(_ name: String) -> ContractNode? { entries.first { $0.name == name }?.entry["value"] }

    func text(_ name: String) -> String? { node(name)?.requiredText("the name of a property") }

    /// A misspelt name would otherwise be a setting that silently does nothing.
    func refuseOthers(than known: Set<String>) {
        for (name, entry) in entries where !known.contains(name) && !name.isEmpty {
            let hint = KnownNames.hint(for: name, in: known)
            entry["property"].problem(
                hint.isEmpty
                    ? "Unknown: expected one of \(known.sorted().joined(separator: ", "))." : "Unknown: \(name).\(hint)"
            )
        }
    }
}
