// Datasets and tables. Making what is there, and dropping what is not, changes nothing.

extension BigQueryClient {
    /// - Returns: False when it was there; it is left as it is.
    @discardableResult
    func createDataset(_ id: String, tablesKeptFor kept: Duration? = nil) async throws(BigQueryError) -> Bool {
        let dataset = Dataset(
            datasetReference: DatasetReference(projectId: settings.project, datasetId: id), location: settings.location,
            defaultTableExpirationMs: kept.map { "\(Int64($0 / .milliseconds(1)))" })
        return try await makes { () async throws(BigQueryError) in
            let _: NoAnswer = try await call("POST", ["datasets"], body: dataset)
        }
    }

    /// A dataset; nil when there is none.
    func dataset(_ id: String) async throws(BigQueryError) -> Dataset? {
        do throws(BigQueryError) {
            return try await call("GET", ["datasets", id])
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    /// Drops a dataset with all that is in it.
    /// - Returns: False when there was none.
    @discardableResult
    func deleteDataset(_ id: String) async throws(BigQueryError) -> Bool {
        try await finds { () async throws(BigQueryError) in
            let _: NoAnswer = try await call("DELETE", ["datasets", id], query: [("deleteContents", "true")])
        }
    }

    /// The names of all datasets that may be seen.
    func datasets() async throws(BigQueryError) -> [String] {
        var names: [String] = []
        var token: String?
        repeat {
            let list: DatasetList = try await call("GET", ["datasets"], query: Self.page(token))
            names += (list.datasets ?? []).map(\.datasetReference.datasetId)
            token = list.nextPageToken
        } while token != nil
        return names
    }

    /// - Returns: False when it was there; it is left as it is.
    @discardableResult
    func create(_ table: Table) async throws(BigQueryError) -> Bool {
        let dataset = table.tableReference.datasetId
        return try await makes { () async throws(BigQueryError) in
            let _: NoAnswer = try await call("POST", ["datasets", dataset, "tables"], body: table)
        }
    }

    /// Adds columns, which may be NULL, to a table that is there.
    func setSchema(_ schema: TableSchema, of table: TableReference) async throws(BigQueryError) {
        let _: NoAnswer = try await call(
            "PATCH", ["datasets", table.datasetId, "tables", table.tableId],
            body: Table(tableReference: table, schema: schema))
    }

    /// How long the partitions of a table are kept from now on; nil: for ever.
    func keepPartitions(of table: Table, for kept: Duration?) async throws(BigQueryError) {
        guard let partitioning = table.timePartitioning else { return }
        let change = PartitionExpiry(
            type: partitioning.type, field: partitioning.field,
            expirationMs: kept.map { "\(Int64($0 / .milliseconds(1)))" })
        let at = table.tableReference
        let _: NoAnswer = try await call(
            "PATCH", ["datasets", at.datasetId, "tables", at.tableId],
            body: PartitionExpiryChange(tableReference: at, timePartitioning: change))
    }

    /// - Returns: False when there was none.
    @discardableResult
    func deleteTable(_ id: String, in dataset: String) async throws(BigQueryError) -> Bool {
        try await finds { () async throws(BigQueryError) in
            let _: NoAnswer = try await call("DELETE", ["datasets", dataset, "tables", id])
        }
    }

    /// A table or view; nil when there is none.
    func table(_ id: String, in dataset: String) async throws(BigQueryError) -> Table? {
        do throws(BigQueryError) {
            return try await call("GET", ["datasets", dataset, "tables", id])
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    /// The names of all tables and views of a dataset.
    func tables(in dataset: String) async throws(BigQueryError) -> [String] {
        var names: [String] = []
        var token: String?
        repeat {
            let list: TableList = try await call("GET", ["datasets", dataset, "tables"], query: Self.page(token))
            names += (list.tables ?? []).map(\.tableReference.tableId)
            token = list.nextPageToken
        } while token != nil
        return names
    }

    private static func page(_ token: String?) -> [(String, String)] {
        [("maxResults", "1000")] + (token.map { [("pageToken", $0)] } ?? [])
    }

    private func makes(_ body: () async throws(BigQueryError) -> Void) async throws(BigQueryError) -> Bool {
        do throws(BigQueryError) {
            try await body()
            return true
        } catch {
            guard error.isDuplicate else { throw error }
            return false
        }
    }

    private func finds(_ body: () async throws(BigQueryError) -> Void) async throws(BigQueryError) -> Bool {
        do throws(BigQueryError) {
            try await body()
            return true
        } catch {
            guard error.isNotFound else { throw error }
            return false
        }
    }
}

extension BigQueryClient {
    /// A table of the project.
    func reference(_ table: String, in dataset: String) -> TableReference {
        TableReference(projectId: settings.project, datasetId: dataset, tableId: table)
    }
}

/// A change of a table's partitioning. What a change leaves out stays as it is: that there is no end any more has to be said.
private struct PartitionExpiryChange: Encodable {
    let tableReference: TableReference
    let timePartitioning: PartitionExpiry
}

private struct PartitionExpiry: Encodable {
    let type: String
    let field: String?
    let expirationMs: String?

    private enum CodingKeys: String, CodingKey { case type, field, expirationMs }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(type, forKey: .type)
        try fields.encodeIfPresent(field, forKey: .field)
        try fields.encode(expirationMs, forKey: .expirationMs)
    }
}
