// Raw tables: made from contracts, widened with them, never narrowed.
import DataContract

extension BigQueryEngine {
    /// A landing is a few jobs, of which a project has so many a day, and takes seconds: it is worth waiting for more rows. Every
    /// question of the outbox is a query that is billed.
    public var rawCapabilities: RawCapabilities {
        RawCapabilities(
            makesReaders: false, batchWait: .seconds(10), landsSmallBatches: false, outboxEvery: .seconds(60),
            endsEvery: .seconds(60))
    }

    /// Reads what each table is; one call each, which costs nothing.
    public func planRawTables(for contracts: [Contract]) async throws(WarehouseError) -> [RawTablePlan] {
        try await translating { () async throws(BigQueryError) in
            var plans: [RawTablePlan] = []
            for contract in contracts { plans.append(try await state(of: contract).plan) }
            return plans
        }
    }

    /// Any number may do it at once, and it may be done again: nothing is made twice. What is there is not asked to be made, which
    /// would take a right that a sink does not need. No table is ever written anew, so that `allowingRewrite` allows nothing more.
    public func prepareRawTables(
        for contracts: [Contract], allowingRewrite: Bool
    ) async throws(WarehouseError) -> [String] {
        try await translating { () async throws(BigQueryError) in try await prepareBookkeeping() }
        var done: [String] = []
        for contract in contracts { done += try await prepare(contract) }
        return done
    }

    private func prepareBookkeeping() async throws(BigQueryError) {
        try await ensure(RawSchema.dataset)
        try await ensure(RawSchema.staging, tablesKeptFor: .seconds(3_600))
        for (name, fields) in RawSchema.bookkeeping {
            let reference = client.reference(name, in: RawSchema.dataset)
            let table = Table(tableReference: reference, schema: TableSchema(fields: fields))
            guard let present = try await client.table(name, in: RawSchema.dataset) else {
                try await client.create(table)
                continue
            }
            // Of an older version.
            let known = present.schema?.fields ?? []
            let missing = fields.filter { field in !known.contains { $0.name == field.name } }
            guard !missing.isEmpty else { continue }
            let added = missing.map { TableFieldSchema(name: $0.name, type: $0.type, mode: "NULLABLE") }
            try await client.setSchema(TableSchema(fields: known + added), of: reference)
        }
        _ = try await rows(RawStatements.positionGuard)
        _ = try await rows(RawStatements.replayGuard)
    }

    private func ensure(_ dataset: String, tablesKeptFor kept: Duration? = nil) async throws(BigQueryError) {
        guard try await client.dataset(dataset) == nil else { return }
        try await client.createDataset(dataset, tablesKeptFor: kept)
    }

    /// What there is of a contract's table, and what is to become of it.
    private struct State {
        let table: Table?
        let change: RawTableChange
        let plan: RawTablePlan
    }

    private func state(of contract: Contract) async throws(BigQueryError) -> State {
        let (schema, name) = (contract.table.schema, contract.table.name)
        let table = try await client.table(name, in: schema)
        // A new table has all of the columns that BigQuery can have.
        let present = table?.schema?.fields ?? contract.columns.compactMap { RawSchema.field($0) }
        let change = RawTableChange(contract, present: present)
        let steps = table == nil && change.differences.isEmpty ? [.create] : change.steps
        return State(
            table: table, change: change,
            plan: RawTablePlan(table: "\(contract.table)", steps: steps, differences: change.differences))
    }

    private func prepare(_ contract: Contract) async throws(WarehouseError) -> [String] {
        let state = try await translating { () async throws(BigQueryError) in try await self.state(of: contract) }
        guard state.plan.differences.isEmpty else {
            throw .incompatibleTable(table: state.plan.table, differences: state.plan.differences)
        }
        return try await translating { () async throws(BigQueryError) in
            guard let table = state.table else {
                try await ensure(contract.table.schema)
                let isMade = try await client.create(self.table(of: contract, state.change.fields))
                return isMade ? ["created \(contract.table)"] : []
            }
            if !state.plan.steps.isEmpty {
                try await client.setSchema(TableSchema(fields: state.change.fields), of: table.tableReference)
            }
            return state.plan.steps.map { Self.done($0, contract) } + (try await keep(table, as: contract))
        }
    }

    private static func done(_ step: RawTablePlan.Step, _ contract: Contract) -> String {
        switch step {
        case .add(let column, _): "added \(contract.table).\(column)"
        case .allowNull(let column): "let \(contract.table).\(column) be NULL"
        case .create, .widen: "\(contract.table): \(step)"
        }
    }

    /// A partition for each day on which rows land, which goes as a whole when it is old enough.
    private func table(of contract: Contract, _ fields: [TableFieldSchema]) -> Table {
        Table(
            tableReference: client.reference(contract.table.name, in: contract.table.schema),
            description: contract.tableDescription, schema: TableSchema(fields: fields),
            timePartitioning: Table.TimePartitioning(
                type: "DAY", field: "_ingested_at", expirationMs: Self.expiration(contract.rowRetention)),
            clustering: contract.eventTimeProperty.map { Table.Clustering(fields: [$0.column]) })
    }

    private static func expiration(_ kept: Duration?) -> String? { kept.map { "\(Int64($0 / .milliseconds(1)))" } }

    /// Makes partitions go when the contract says, where it says something else than the table.
    private func keep(_ table: Table, as contract: Contract) async throws(BigQueryError) -> [String] {
        guard let partitioning = table.timePartitioning,
            partitioning.expirationMs != Self.expiration(contract.rowRetention)
        else { return [] }
        try await client.keepPartitions(of: table, for: contract.rowRetention)
        let time = contract.rowRetention.map { "\(Int($0 / .seconds(86_400))) days" } ?? "for ever"
        return ["\(contract.table) keeps rows \(time)"]
    }

    /// Partitions come with their rows and go by themselves. What is left to do: that they go when the contract says, also after it
    /// has changed; and old rows of a table that somebody made without partitions.
    public func maintainRawTables(of contracts: [Contract]) async throws(WarehouseError) -> [String] {
        try await translating { () async throws(BigQueryError) in
            var done: [String] = []
            for contract in contracts {
                guard let table = try await client.table(contract.table.name, in: contract.table.schema) else {
                    continue  // not made yet: `init` does that
                }
                done += try await keep(table, as: contract)
                if let kept = contract.rowRetention, table.timePartitioning == nil {
                    done += try await deleteRows(of: contract, olderThan: Int(kept / .seconds(86_400)))
                }
            }
            return done
        }
    }

    private func deleteRows(of contract: Contract, olderThan days: Int) async throws(BigQueryError) -> [String] {
        let name = BigQueryQuoting.identifier(contract.table.schema, contract.table.name)
        let old = "_ingested_at < TIMESTAMP(DATE_SUB(CURRENT_DATE('UTC'), INTERVAL \(days) DAY))"
        let count = try await rows("SELECT COUNT(*) FROM \(name) WHERE \(old)").first?.first?.int64 ?? 0
        guard count > 0 else { return [] }
        _ = try await rows("DELETE FROM \(name) WHERE \(old)")
        return ["deleted \(count) rows of \(contract.table)"]
    }

    /// Whether statements of the kinds that a sink runs would be let through: BigQuery says so in a dry run, which is free.
    public func missingRights(for contracts: [Contract]) async throws(WarehouseError) -> [String] {
        var missing: [String] = []
        for dataset in Set([RawSchema.dataset, RawSchema.staging] + contracts.map(\.table.schema)).sorted() {
            let found = try await translating { () async throws(BigQueryError) in try await client.dataset(dataset) }
            if found == nil { missing.append("\(dataset): missing: run `raw-sink init`") }
        }
        let own = RawSchema.bookkeeping.map { ($0.0, $0.1[0].name) }
        let tables =
            own.map { (RawSchema.dataset, $0.0, $0.1, true) }
            + contracts.map { ($0.table.schema, $0.table.name, RawSchema.name($0.columns[0].name), false) }
        for (dataset, table, column, isChanged) in tables {
            missing += try await missingRights(dataset, table, column, isChanged: isChanged)
        }
        return missing
    }

    private func missingRights(
        _ dataset: String, _ table: String, _ column: String, isChanged: Bool
    ) async throws(WarehouseError) -> [String] {
        let found = try await translating { () async throws(BigQueryError) in
            try await client.table(table, in: dataset)
        }
        guard found != nil else { return ["\(dataset).\(table): missing: run `raw-sink init`"] }
        let (name, column) = (BigQueryQuoting.identifier(dataset, table), BigQueryQuoting.identifier(column))
        var statements = ["INSERT INTO \(name) (\(column)) SELECT \(column) FROM \(name) WHERE FALSE"]
        if isChanged { statements.append("UPDATE \(name) SET \(column) = \(column) WHERE FALSE") }
        for statement in statements {
            do throws(BigQueryError) {
                _ = try await client.dryRun(JobQuery(statement))
            } catch {
                guard case .permissionDenied(let reason) = WarehouseError(error) else {
                    throw WarehouseError(raw: error)
                }
                return ["\(dataset).\(table): \(reason)"]
            }
        }
        return []
    }

    /// Who may read is decided by BigQuery's own rights (IAM), which accounts have, and not by us.
    public func prepareReader(
        role: String, password: String?, contracts: [Contract]
    ) async throws(WarehouseError) {
        throw .failed(
            reason:
                "BigQuery has no roles with passwords: give the account that reads roles/bigquery.dataViewer on the datasets "
                + "and roles/bigquery.jobUser on the project (docs/bigquery.md).")
    }
}
