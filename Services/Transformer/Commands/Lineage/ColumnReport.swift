import ModelProject
import Planning
import SQL
import ServiceRuntime

/// Where a column's values come from, and what is made of them.
struct ColumnReport: Encodable {
    struct Connection: Encodable {
        let table: String, column: String
        /// copied, computed or aggregated: the strongest on the way.
        let usage: String
        let isModel: Bool
        /// `table.column`, from the source to what is made of it.
        let path: [String]
    }

    let model: String, column: String
    /// The nearest first.
    let upstream: [Connection]
    let downstream: [Connection]
    /// The models whose rows it decides.
    let filters: [String]

    /// - Parameter subject: `model.column`, or the column of a raw table.
    init(_ subject: String, in graph: ProjectGraph, _ index: ModelIndex) throws {
        let parts = subject.split(separator: ".").map(String.init)
        let table = parts.dropLast().joined(separator: ".")
        guard let written = parts.last, !table.isEmpty else {
            let hint = index.nearest(to: subject).map { " Did you mean \($0)?" } ?? ""
            throw ExitError(.failed, "There is no model \(subject).\(hint)")
        }
        let lineage: ColumnLineage
        do throws(SQLError) { lineage = try ColumnLineage(graph) } catch { throw ExitError(.failed, error.message) }
        let name = index.find(table)
        var column = SourceReference(table: name?.description ?? table, column: written)
        if let name, let columns = lineage.columns(of: name) {
            guard let known = columns.first(where: { $0 == written || $0 == written.lowercased() }) else {
                throw ExitError(.failed, "\(name) has no column \(written): \(columns.joined(separator: ", ")).")
            }
            column.column = known
        }
        self.init(column, in: lineage)
        if name == nil, downstream.isEmpty, filters.isEmpty {
            let hint = index.nearest(to: table).map { " Did you mean \($0)?" } ?? ""
            throw ExitError(.failed, "There is no model \(table), and no model takes \(subject).\(hint)")
        }
    }

    init(_ column: SourceReference, in lineage: ColumnLineage) {
        model = column.table
        self.column = column.column
        func connection(_ found: ModelLineage.Connection) -> Connection {
            let usage =
                switch found.usage {
                case .copied: "copied"
                case .computed: "computed"
                case .aggregated: "aggregated"
                }
            return Connection(
                table: found.column.table, column: found.column.column, usage: usage,
                isModel: lineage.isModel(found.column), path: found.path.map(\.description))
        }
        upstream = lineage.upstream(of: column).map(connection)
        downstream = lineage.downstream(of: column).map(connection)
        filters = lineage.modelsFiltered(by: column)
    }

    /// For people.
    var text: String {
        func lines(_ title: String, _ connections: [Connection]) -> [String] {
            let width = connections.map { $0.table.count + $0.column.count + 1 }.max() ?? 0
            let list = connections.map { found in
                let name = "\(found.table).\(found.column)"
                return "  \(name)\(String(repeating: " ", count: width - name.count))  \(found.usage)"
            }
            return [title] + (list.isEmpty ? ["  nothing"] : list)
        }
        var text = ["\(model).\(column)"] + lines("comes from", upstream) + lines("goes into", downstream)
        if !filters.isEmpty { text += ["decides the rows of"] + filters.map { "  \($0)" } }
        return text.joined(separator: "\n")
    }
}
