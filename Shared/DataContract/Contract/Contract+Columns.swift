/// A column of a raw table.
public struct ContractColumn: Sendable, Equatable {
    public let name: String
    public let type: ColumnType
    /// Whether it is `NOT NULL`.
    public let isRequired: Bool
    /// For people; the comment on the column.
    public let description: String?

    public init(name: String, type: ColumnType, isRequired: Bool, description: String? = nil) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.description = description
    }
}

extension Contract {
    /// Every column of the raw table in order: the contract's own, then those that the sink fills.
    public var columns: [ContractColumn] {
        properties.map {
            ContractColumn(name: $0.column, type: $0.columnType, isRequired: $0.isRequired, description: $0.description)
        } + Self.sinkColumns
    }

    /// What the sink adds to every row. `(_topic, _partition, _offset)` is unique by construction.
    public static let sinkColumns = [
        ContractColumn(name: "_topic", type: .text, isRequired: true, description: "Kafka topic the row came from"),
        ContractColumn(name: "_partition", type: .integer, isRequired: true, description: "Partition of the topic"),
        ContractColumn(name: "_offset", type: .bigint, isRequired: true, description: "Offset in the partition"),
        ContractColumn(
            name: "_ingested_at", type: .timestamptz, isRequired: true, description: "When raw-sink read the message"),
        ContractColumn(
            name: "_extra", type: .jsonb, isRequired: false,
            description: "Fields of the message that the contract does not name"),
    ]
}
