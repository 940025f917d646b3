import ModelProject
import Pipeline
import Planning
import Yams

/// `external_models.yaml`: the tables that models read and that are none, with their columns.
struct ExternalModels: Sendable {
    static let path = "external_models.yaml"

    private let folder: PipelineFolder

    init(_ folder: PipelineFolder) { self.folder = folder }

    /// The file with the columns that the tables have now. What it says of them besides, and of other tables, stays.
    /// - Returns: Its text, and the tables that are new in it.
    func updated(with tables: [(name: String, columns: [StoredColumn])]) throws -> (text: String, new: [String]) {
        var nodes = try entries()
        var new: [String] = []
        for table in tables {
            let columns = Node(table.columns.map { (Node($0.name), Node($0.type)) })
            if let index = nodes.firstIndex(where: { $0.name == table.name }) {
                nodes[index].node["columns"] = columns
            } else {
                nodes.append((table.name, Node([(Node("name"), Node(table.name)), (Node("columns"), columns)])))
                new.append(table.name)
            }
        }
        return (try Yams.serialize(node: Node(nodes.map(\.node)), width: -1, allowUnicode: true), new)
    }

    private func entries() throws(PipelineError) -> [(name: String, node: Node)] {
        guard folder.contains(Self.path) else { return [] }
        let source = SourceFile(path: Self.path, text: try folder.text(of: Self.path))
        var entries: [(name: String, node: Node)] = []
        for entry in try YAMLReader.parse(source).sequence() {
            guard let name = try entry.mapping().first(where: { $0.key.text == "name" })?.value.string() else {
                throw entry.error("An external model has a `name`.")
            }
            entries.append((name.filter { $0 != "\"" }.lowercased(), entry.node))
        }
        return entries
    }
}
