import ModelProject
import Pipeline
import Planning
import SQL
import Warehouse

/// The physical tables and views of models in the warehouse, with errors that say where in a model's file.
struct ModelTables: Sendable {
    let warehouse: PostgresEngine

    /// The same tables; what is done with them carries `label`.
    func labelled(_ label: StatementLabel) -> ModelTables { ModelTables(warehouse: warehouse.labelled(label)) }

    /// A model's query, and what runs before and after it in the same transaction.
    struct Statements: Sendable {
        let before: [PlacedSQL]
        let query: PlacedSQL
        let after: [PlacedSQL]
    }

    /// One replacement of a model's rows, rendered and with its relations in place.
    struct Replacement: Sendable {
        let model: ModelName
        let table: RelationPath
        let write: RowWrite
        /// The time that its rows are of, where they must not come twice.
        let once: Interval?
        /// Whether all rows go first.
        var startsAnew = false
        /// Columns of the table that the query does not give any more.
        var omitted: [String] = []
        /// Columns by which the rows come into the table.
        var order: [String] = []
        /// Rows from outside of the database that the query reads.
        var given: GivenRows?
        /// Beside whose other batches it is written; nil: it has the table for itself.
        var writers: SharedWriting?
        let statements: Statements
        let audits: [AuditQuery]
    }

    /// An audit, rendered.
    struct AuditQuery: Sendable {
        let model: ModelName
        let name: String
        /// With its arguments: what is expected of the rows.
        let call: String
        let sql: PlacedSQL
        let style: AuditDefinition.Style
        let isBlocking: Bool

        var check: ModelCheck { ModelCheck(sql.text, style: style == .rows ? .rows : .count, isBlocking: isBlocking) }
    }

    /// What an audit found.
    struct AuditFinding: Sendable, Equatable {
        let audit: String
        /// The audit with its arguments.
        let call: String
        let failures: Int
        let isBlocking: Bool
        /// File and line, model, audit with its arguments, and how much it found.
        let message: String
        /// The first rows that it found, as JSON objects; none of an audit that counts.
        var rows: [String] = []

        init(_ found: CheckFinding, by audit: AuditQuery) {
            let failures = found.failures == 1 ? "1 failure" : "\(found.failures) failures"
            self.audit = audit.name
            call = audit.call
            self.failures = found.failures
            isBlocking = audit.isBlocking
            message = "\(audit.sql.error(atCharacter: nil, "\(audit.title) found \(failures)."))"
            rows = found.rows
        }
    }

    /// A blocking audit found something: nothing was changed.
    struct Refusal: Error {
        let finding: AuditFinding

        var error: TransformerError {
            TransformerError(
                .auditFailed,
                "\(finding.message) Nothing was published; the rows that were there stay. Mend the data or the "
                    + "model and run again. `transformer audit --kept` shows the first rows.")
        }
    }

    /// Makes the table of `model` when it does not exist, with the columns of its query.
    /// - Parameter statements: Over the parents' tables; the query is not run.
    /// - Returns: False when it was there.
    func create(_ model: PlannedModel, as statements: Statements) async throws -> Bool {
        let definition = model.snapshot.definition
        var made = model.tableDefinition(statements.query)
        made.before = statements.before.map(\.text)
        made.after = statements.after.map(\.text)
        let columns = PlacedSQL("", from: definition.source, at: definition.offsets["columns"] ?? 0)
        return try await telling(model.name, [statements], columns: columns) {
            try await warehouse.createTable(made) { columns in
                if definition.kind.timeRange == nil { return }
                _ = try ModelSQL.timeType(of: model.snapshot, columns.map { .init(name: $0.name, type: $0.type) })
            }
        }
    }

    /// Adds columns with the types that the model's query, or its declaration, gives them. Those that are there stay.
    /// - Parameter query: The model's query over the tables of its parents; it is not run.
    /// - Returns: What was added.
    /// - Throws: `pipelineError` where the query cannot be, or gives a column that stays another type.
    func addColumns(_ names: [String], to model: PlannedModel, _ query: PlacedSQL) async throws -> [StoredColumn] {
        let definition = model.snapshot.definition
        let declared = definition.columns.map { ColumnDeclaration($0.key, $0.value) }
        let columns = PlacedSQL("", from: definition.source, at: definition.offsets["columns"] ?? 0)
        let statements = Statements(before: [], query: query, after: [])
        return try await telling(model.name, [statements], columns: columns) {
            try await warehouse.addColumns(
                names, to: RelationNames.table(model.id),
                shape: declared.isEmpty ? .query(query.text) : .columns(declared)
            ) { there, shape in
                try Self.check(shape.map(StoredColumn.init), against: there.map(StoredColumn.init), of: model)
            }
        }.map(StoredColumn.init)
    }

    /// Refuses where a forward-only change is tried out what production would refuse: a column that gets another type.
    /// - Parameter model: A preview whose table is there.
    func checkPreview(_ model: PlannedModel) async throws {
        let there = try await columns(of: RelationNames.view(model.name, in: RelationNames.production))
        try Self.check(try await columns(of: RelationNames.table(model.id)), against: there, of: model)
    }

    /// - Throws: `PipelineError` for a column that is not of the type that it has in the table whose rows stay.
    private static func check(
        _ new: [StoredColumn], against table: [StoredColumn], of model: PlannedModel
    ) throws(PipelineError) {
        let definition = model.snapshot.definition
        for column in table {
            guard let new = new.first(where: { $0.name == column.name }), new.type != column.type else { continue }
            // Tables of an earlier version keep the time of a history's change in the type of its two columns.
            if case .scdType2ByTime(let options) = definition.kind, options.updatedAtName == column.name { continue }
            throw definition.error(
                "kind",
                "The change of \(model.name) is forward-only and would make \(column.name), which is \(column.type), "
                    + "\(new.type). Cast it to \(column.type), or leave forward_only out.")
        }
    }

    /// Makes the physical view of a VIEW model, materialized or not, when it does not exist.
    /// - Returns: False when it was there.
    func createView(_ model: PlannedModel, as statements: Statements) async throws -> Bool {
        var view = ModelView(RelationNames.table(model.id), query: statements.query.text)
        view.before = statements.before.map(\.text)
        view.after = statements.after.map(\.text)
        view.columns = model.columnsOfStar
        view.isMaterialized = model.snapshot.definition.kind.isMaterializedView
        return try await telling(model.name, [statements]) { try await warehouse.createView(view) }
    }

    /// Writes rows and audits what is there then, in one transaction: readers see all of the replacements or none.
    /// - Parameter replacements: Of one table, one after the other.
    /// - Returns: How many rows came, and what non-blocking audits found; nil when rows of some of its time are there
    ///   already and must not come twice.
    /// - Throws: ``Refusal`` when a blocking audit found something: nothing has changed then.
    func replace(_ replacements: [Replacement]) async throws -> (rows: Int, findings: [AuditFinding])? {
        guard let first = replacements.first else { return (0, []) }
        let outcome = try await telling(first.model, replacements.map(\.statements), first.audits) {
            try await warehouse.write(together: replacements.map(Self.batch))
        }
        return try Self.result(outcome, first.audits)
    }

    private static func batch(_ replacement: Replacement) -> ModelBatch {
        let statements = replacement.statements
        var batch = ModelBatch(replacement.table, replacement.write, query: statements.query.text)
        batch.once = replacement.once.map { BatchSpan(from: $0.start.microseconds, to: $0.end.microseconds) }
        batch.startsAnew = replacement.startsAnew
        batch.omitted = replacement.omitted
        batch.order = replacement.order
        batch.given = replacement.given
        batch.writers = replacement.writers
        batch.before = statements.before.map(\.text)
        batch.after = statements.after.map(\.text)
        batch.checks = replacement.audits.map(\.check)
        return batch
    }

    /// Runs what stands after the query of a model, in one transaction.
    func runAfter(_ statements: Statements, of model: ModelName) async throws {
        try await telling(model, [statements]) { try await warehouse.run(statements.after.map(\.text)) }
    }

    /// Runs `body`, whose replacements of the model's rows may be written side by side.
    func sharingWrites<R: Sendable>(
        to model: PlannedModel, _ body: @Sendable (SharedWriting) async throws -> R
    ) async throws -> R {
        do {
            return try await warehouse.sharingWrites(to: RelationNames.table(model.id), body)
        } catch let error as WarehouseError {
            throw TransformerError.sql(error, in: nil, doing: "\(model.name)")
        }
    }

    /// Computes the rows of a materialized view anew and audits them, in one transaction.
    func refresh(_ replacement: Replacement) async throws -> (rows: Int, findings: [AuditFinding])? {
        let outcome = try await telling(replacement.model, [replacement.statements], replacement.audits) {
            try await warehouse.refresh(replacement.table, checks: replacement.audits.map(\.check))
        }
        return try Self.result(outcome, replacement.audits)
    }

    private static func result(
        _ outcome: BatchOutcome, _ audits: [AuditQuery]
    ) throws -> (rows: Int, findings: [AuditFinding])? {
        switch outcome {
        case .written(let rows, let findings): return (rows, found(findings, audits))
        case .refused(let finding): throw Refusal(finding: AuditFinding(finding, by: audits[finding.check]))
        case .alreadyWritten: return nil
        }
    }

    /// The times of which a table has rows that must not come twice.
    func writtenOnce(of table: RelationPath) async throws -> IntervalSet {
        IntervalSet(
            try await warehouse.writtenOnce(of: table).compactMap { span in
                Interval(from: Moment(microseconds: span.from), to: Moment(microseconds: span.to))
            })
    }

    /// Runs audits over what is there; changes nothing.
    func audit(_ audits: [AuditQuery]) async throws -> [AuditFinding] {
        guard let model = audits.first?.model else { return [] }
        let findings = try await telling(model, [], audits) { try await warehouse.check(audits.map(\.check)) }
        return Self.found(findings, audits)
    }

    private static func found(_ findings: [CheckFinding], _ audits: [AuditQuery]) -> [AuditFinding] {
        findings.map { AuditFinding($0, by: audits[$0.check]) }
    }

    /// The columns of a relation, in order; none when there is no such relation.
    func columns(of relation: RelationPath) async throws -> [StoredColumn] {
        (try await warehouse.columns(of: relation) ?? []).map(StoredColumn.init)
    }

    /// Gives errors of the warehouse with the place in the file that they come from.
    private func telling<R>(
        _ model: ModelName, _ batches: [Statements], _ audits: [AuditQuery] = [], columns: PlacedSQL? = nil,
        _ body: () async throws -> R
    ) async throws -> R {
        do {
            return try await body()
        } catch let error as ModelError {
            let statements = batches.indices.contains(error.batch) ? batches[error.batch] : nil
            switch error.part {
            case .query?: throw TransformerError.sql(error.cause, in: statements?.query, doing: "\(model)")
            case .before(let index)?:
                throw TransformerError.sql(error.cause, in: statements?.before[index], doing: "\(model)")
            case .after(let index)?:
                throw TransformerError.sql(error.cause, in: statements?.after[index], doing: "\(model)")
            case .columns?:
                throw TransformerError.sql(error.cause.withoutPosition, in: columns, doing: "\(model)")
            case .check(let index)?: throw TransformerError.audit(error.cause, audits[index])
            case nil: throw TransformerError.sql(error.cause, in: nil, doing: "\(model)")
            }
        }
    }
}

extension ModelTables.AuditQuery {
    /// `schema.model: the audit not_null(columns := (x))`
    var title: String { "\(model): the audit \(call)" }
}

extension TransformerError {
    /// A piece of SQL of a file that the warehouse refused, told with its place in the file.
    /// - Parameters:
    ///   - sql: The piece; nil when it was none of a file.
    ///   - what: Which model, and what was done with it.
    static func sql(_ error: WarehouseError, in sql: PlacedSQL?, doing what: String) -> TransformerError {
        switch error {
        case .cancelled: return TransformerError(.cancelled, "\(what): cancelled", isRetriable: true)
        case .invalidStatement(let reason, let position):
            let message = "\(what): \(reason)"
            return TransformerError(.sqlError, sql.map { "\($0.error(atCharacter: position, message))" } ?? message)
        case .repeatedKey:
            let message = "\(what): \(error)"
            return TransformerError(.sqlError, sql.map { "\($0.error(atCharacter: nil, message))" } ?? message)
        case .permissionDenied(let reason), .failed(let reason):
            let message = "\(what): \(reason)"
            return TransformerError(.sqlError, sql.map { "\($0.error(atCharacter: nil, message))" } ?? message)
        default:
            return TransformerError(
                error.isRetriable ? .unavailable : .sqlError, "\(what): \(error)", isRetriable: error.isRetriable)
        }
    }

    /// An audit that gave no answer.
    static func audit(_ error: WarehouseError, _ audit: ModelTables.AuditQuery) -> TransformerError {
        if case .noCount(let answer) = error {
            let message = "\(audit.title) must give one whole number and gave \(answer)."
            return TransformerError(.pipelineError, "\(audit.sql.error(atCharacter: nil, message))")
        }
        return sql(error, in: audit.sql, doing: "\(audit.title) could not run")
    }
}

extension WarehouseError {
    /// For text that was put together: no place in it means anything to anybody.
    fileprivate var withoutPosition: WarehouseError {
        if case .invalidStatement(let reason, _) = self {
            .invalidStatement(reason: reason, position: nil)
        } else {
            self
        }
    }
}
