import Pipeline

/// What both slowly changing dimensions have: a key, and the two columns that say when a row held.
public struct SCDColumns: Sendable, Equatable {
    /// SQL expressions over the query's columns, as written.
    public var uniqueKey: [String]
    public var validFromName = "valid_from"
    public var validToName = "valid_to"
    /// A row that is gone from the query is closed.
    public var invalidatesHardDeletes = false
    /// The type of the two columns.
    public var timeDataType = "TIMESTAMP"
    public var batchSize: Int?
    public var evolution = Evolution()

    /// Told apart by `uniqueKey`.
    public init(uniqueKey: [String]) {
        self.uniqueKey = uniqueKey
        evolution.forwardOnly = true
        evolution.disableRestatement = true
    }

    init(_ reader: inout KindReader) throws(PipelineError) {
        self.init(uniqueKey: try reader.expressions("unique_key"))
        validFromName = try reader.name("valid_from_name") ?? validFromName
        validToName = try reader.name("valid_to_name") ?? validToName
        invalidatesHardDeletes = try reader.boolean("invalidate_hard_deletes") ?? false
        timeDataType = try reader.property("time_data_type")?.text ?? timeDataType
        batchSize = try reader.count("batch_size", from: 1)
        evolution = try Evolution(&reader, forwardOnly: true, disableRestatement: true)
    }

    var parts: [String] {
        ["key"] + uniqueKey + ["valid", validFromName, validToName, "\(invalidatesHardDeletes)", timeDataType]
    }
    var metadata: [String] { [batchSize.map(String.init) ?? ""] + evolution.parts }
    var names: [String] { uniqueKey.filter(\.isPlainName).map(\.identifierName) }
    /// The two columns that say when a row held.
    public var added: [String] { [validFromName, validToName] }
}

/// `SCD_TYPE_2_BY_TIME`, also called `SCD_TYPE_2`: a row's history, by the column that says when it was changed.
public struct SCDByTimeKind: KindOptions {
    public static let name = "SCD_TYPE_2_BY_TIME"
    public var columnsOfHistory: SCDColumns
    /// The query's column that says when the row was changed.
    public var updatedAtName = "updated_at"
    /// New rows hold from when they were changed, not from 1970.
    public var updatedAtAsValidFrom = false

    /// History of rows told apart by `uniqueKey`.
    public init(uniqueKey: [String]) { columnsOfHistory = SCDColumns(uniqueKey: uniqueKey) }

    init(_ reader: inout KindReader) throws(PipelineError) {
        columnsOfHistory = try SCDColumns(&reader)
        updatedAtName = try reader.name("updated_at_name") ?? updatedAtName
        updatedAtAsValidFrom = try reader.boolean("updated_at_as_valid_from") ?? false
    }

    public var dataParts: [String] { columnsOfHistory.parts + [updatedAtName, "\(updatedAtAsValidFrom)"] }
    public var metadataParts: [String] { columnsOfHistory.metadata }
    public var columns: [String] { columnsOfHistory.names + [updatedAtName] }
    public var isIncremental: Bool { true }
    public var intervalsPerBatch: Int? { columnsOfHistory.batchSize }
    public var canRestate: Bool { !columnsOfHistory.evolution.disableRestatement }
    public var evolution: Evolution { columnsOfHistory.evolution }
    public var addedColumns: [String] { columnsOfHistory.added }
}

/// `SCD_TYPE_2_BY_COLUMN`: a row's history, by comparing columns.
public struct SCDByColumnKind: KindOptions {
    public static let name = "SCD_TYPE_2_BY_COLUMN"
    public var columnsOfHistory: SCDColumns
    /// SQL expressions that are compared; nil: every column but the key (`columns *`).
    public var compared: [String]?
    /// The query's column that says when the row was changed; nil: the time of the run.
    public var updatedAtName: String?
    /// New rows hold from the run that saw them, not from 1970.
    public var executionTimeAsValidFrom = false

    /// History of rows told apart by `uniqueKey`.
    public init(uniqueKey: [String], compared: [String]?) {
        columnsOfHistory = SCDColumns(uniqueKey: uniqueKey)
        self.compared = compared
    }

    init(_ reader: inout KindReader) throws(PipelineError) {
        columnsOfHistory = try SCDColumns(&reader)
        let written = try reader.expressions("columns")
        compared = written == ["*"] || written == ["'*'"] ? nil : written
        updatedAtName = try reader.name("updated_at_name")
        executionTimeAsValidFrom = try reader.boolean("execution_time_as_valid_from") ?? false
    }

    public var dataParts: [String] {
        columnsOfHistory.parts + ["compared"] + (compared ?? ["*"])
            + [updatedAtName ?? "", "\(executionTimeAsValidFrom)"]
    }
    public var metadataParts: [String] { columnsOfHistory.metadata }
    public var columns: [String] {
        columnsOfHistory.names + (compared ?? []).filter(\.isPlainName).map(\.identifierName)
            + (updatedAtName.map { [$0] } ?? [])
    }
    public var isIncremental: Bool { true }
    public var intervalsPerBatch: Int? { columnsOfHistory.batchSize }
    public var canRestate: Bool { !columnsOfHistory.evolution.disableRestatement }
    public var evolution: Evolution { columnsOfHistory.evolution }
    public var addedColumns: [String] { columnsOfHistory.added }
}

extension ModelKind {
    /// What both kinds of a history have, and the column that says when a row was changed, where there is one; nil for other
    /// kinds.
    public var history: (columns: SCDColumns, updatedAt: String?)? {
        switch self {
        case .scdType2ByTime(let options): (options.columnsOfHistory, options.updatedAtName)
        case .scdType2ByColumn(let options): (options.columnsOfHistory, options.updatedAtName)
        default: nil
        }
    }
}
