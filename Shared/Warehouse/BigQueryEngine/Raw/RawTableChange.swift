// RawTableChange: what separates a raw table in BigQuery from its contract, and which of it can be mended. Decides; does nothing.
import DataContract

/// What would make a table what its contract says.
struct RawTableChange: Equatable {
    /// The columns as they are to be: those that are there, in their order, then new ones.
    private(set) var fields: [TableFieldSchema]
    /// What changes.
    private(set) var steps: [RawTablePlan.Step] = []
    /// What cannot be mended without losing data.
    private(set) var differences: [String] = []

    /// - Parameter present: The table's columns.
    init(_ contract: Contract, present: [TableFieldSchema]) {
        fields = present
        for column in contract.columns {
            guard let wanted = RawSchema.field(column) else {
                differences.append(
                    "column \(column.name) is \(column.type), of which BigQuery holds 38 digits on either side")
                continue
            }
            guard RawSchema.isTaken(wanted.name) else {
                differences.append("column \(wanted.name) has a name that BigQuery keeps for itself")
                continue
            }
            if let index = fields.firstIndex(where: { $0.name == wanted.name }) {
                compare(index, wanted)
            } else if column.isRequired {
                differences.append("column \(column.name) is new and required: rows of before have no value for it")
            } else {
                fields.append(wanted)
                steps.append(.add(column: wanted.name, type: wanted.type))
            }
        }
        if contract.uniqueWindow != nil {
            differences.append(
                "repetitions are not dropped on BigQuery yet: take uniqueWindow out, or land the topic in PostgreSQL")
        }
        let named = Set(contract.columns.map { RawSchema.name($0.name) })
        for field in present where field.mode == "REQUIRED" && !named.contains(field.name) {
            differences.append("column \(field.name) is REQUIRED and the contract does not name it any more")
        }
    }

    private mutating func compare(_ index: Int, _ wanted: TableFieldSchema) {
        let there = fields[index]
        if BigQueryType(there) != BigQueryType(wanted) {
            differences.append("column \(wanted.name) is \(BigQueryType(there)) and the contract wants \(wanted.type)")
        }
        if wanted.mode == "REQUIRED" && there.mode != "REQUIRED" {
            differences.append("column \(wanted.name) may be NULL and the contract requires a value")
        } else if wanted.mode != "REQUIRED" && there.mode == "REQUIRED" {
            fields[index].mode = "NULLABLE"
            steps.append(.allowNull(column: wanted.name))
        }
    }
}
