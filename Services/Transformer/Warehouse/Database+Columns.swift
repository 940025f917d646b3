import SQL
import Warehouse

extension Database {
    /// The columns of several relations, in order; those that there are not are missing.
    /// - Parameter session: Of a transaction, as that sees them.
    func columns(
        of relations: [RelationPath], _ session: Session? = nil
    ) async throws -> [RelationPath: [StoredColumn]] {
        let found =
            if let connection = session?.connection {
                try await warehouse.columns(of: relations, in: connection)
            } else {
                try await warehouse.columns(of: relations)
            }
        return found.mapValues { $0.map(StoredColumn.init) }
    }

    /// The columns of a relation, in order; none when there is no such relation.
    func columns(of relation: RelationPath, _ session: Session? = nil) async throws -> [StoredColumn] {
        try await columns(of: [relation], session)[relation] ?? []
    }
}

extension StoredColumn {
    init(_ column: ColumnDescription) { self.init(name: column.name, type: column.type) }
}
