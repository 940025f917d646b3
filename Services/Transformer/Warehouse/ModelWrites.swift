import ModelProject
import Pipeline
import Planning
import SQL
import Warehouse

/// How the rows of each kind come into its table.
extension ModelSQL {
    /// - Parameter filter: The condition on the time column of a model that has one.
    func write(of model: PlannedModel, filter: String?, _ context: RenderContext) throws(PipelineError) -> RowWrite {
        let definition = model.snapshot.definition
        switch definition.kind {
        case .view, .full, .seed, .embedded, .external, .incrementalByTimeRange:
            return .replace(filter.map { .matching($0) } ?? .all)
        case .incrementalByUniqueKey(let options):
            return .merge(
                RowMerge(
                    key: options.uniqueKey, matched: try rendered(options.whenMatched, of: definition, context),
                    filter: try rendered(options.mergeFilter, of: definition, context)))
        case .incrementalByPartition: return .replacePartitions(by: definition.partitionedBy)
        case .incrementalUnmanaged(let options):
            guard options.insertsOverwriting else { return .append }
            return definition.partitionedBy.isEmpty ? .replace(.all) : .replacePartitions(by: definition.partitionedBy)
        case .scdType2ByTime(let options):
            return history(
                options.columnsOfHistory,
                .time(column: options.updatedAtName, isStart: options.updatedAtAsValidFrom), context)
        case .scdType2ByColumn(let options):
            return history(
                options.columnsOfHistory,
                .values(options.compared, at: options.updatedAtName, isStart: options.executionTimeAsValidFrom), context
            )
        }
    }

    private func history(
        _ options: SCDColumns, _ change: RowHistory.Change, _ context: RenderContext
    ) -> RowWrite {
        .history(
            RowHistory(
                key: options.uniqueKey, validFrom: options.validFromName, validTo: options.validToName, change: change,
                endsMissing: options.invalidatesHardDeletes, now: context.execution.microseconds))
    }

    /// SQL of a kind's option, with its macros expanded.
    private func rendered(
        _ text: String?, of model: ModelDefinition, _ context: RenderContext
    ) throws(PipelineError) -> String? {
        guard let text else { return nil }
        do throws(PipelineError) {
            return try Template(SourceFile(path: model.source.path, text: text)).render(context).text
        } catch {
            throw model.error("kind", error.message)
        }
    }
}

extension PlannedModel {
    /// The columns of a query that takes *: a table that it reads may have more, which are not shown any more.
    var columnsOfStar: [String]? {
        guard snapshot.usesStar else { return nil }
        let added = snapshot.definition.kind.options.addedColumns
        return snapshot.outputColumns?.filter { !added.contains($0) }
    }

    /// What its table is to be, over its query.
    func tableDefinition(_ query: PlacedSQL) -> TableDefinition {
        let definition = snapshot.definition
        let table = RelationNames.table(id)
        var declared = definition.columns.map { ColumnDeclaration($0.key, $0.value) }
        let added = definition.kind.historyColumns
        if !declared.isEmpty {
            // As in SQLMesh, where the types are declared. Where they follow from the query, this one keeps its own.
            if case .scdType2ByTime(let options) = definition.kind {
                let updatedAt = ColumnDeclaration(options.updatedAtName, options.columnsOfHistory.timeDataType)
                declared = declared.map { $0.name == updatedAt.name ? updatedAt : $0 }
            }
            declared += added.filter { column in !declared.contains { $0.name == column.name } }
        }
        var made = TableDefinition(table, declared.isEmpty ? .query(query.text) : .columns(declared))
        made.columns = columnsOfStar
        made.added = added
        made.indexes = definition.kind.indexes(of: table)
        return made
    }
}

extension ModelKind {
    /// The columns that a history adds.
    fileprivate var historyColumns: [ColumnDeclaration] {
        guard let columns = history?.columns else { return [] }
        return columns.added.map { ColumnDeclaration($0, columns.timeDataType) }
    }

    /// What its batches find their rows by. Keys that are expressions get none.
    fileprivate func indexes(of table: RelationPath) -> [TableIndex] {
        switch self {
        case .incrementalByTimeRange(let options):
            return [TableIndex(RelationNames.timeIndex(of: table), on: [options.timeColumn])]
        case .incrementalByUniqueKey(let options):
            // With a filter, a row whose key is there may be added all the same.
            return Self.keyIndex(options.uniqueKey, of: table, isUnique: options.mergeFilter == nil)
        case .scdType2ByTime(let options):
            return Self.keyIndex(options.columnsOfHistory.uniqueKey, of: table, isUnique: false)
        case .scdType2ByColumn(let options):
            return Self.keyIndex(options.columnsOfHistory.uniqueKey, of: table, isUnique: false)
        case .view, .full, .seed, .embedded, .external, .incrementalByPartition, .incrementalUnmanaged: return []
        }
    }

    private static func keyIndex(_ key: [String], of table: RelationPath, isUnique: Bool) -> [TableIndex] {
        guard key.allSatisfy(\.isPlainName) else { return [] }
        return [TableIndex(RelationNames.keyIndex(of: table), on: key.map(\.identifierName), isUnique: isUnique)]
    }
}
