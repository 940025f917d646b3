// RawTablePlan: what separates a raw table from its contract, and which of it can be mended. Decides; does nothing.
import DataContract

/// What would make a raw table what its contract says.
public struct RawTablePlan: Sendable, Equatable {
    /// A change that loses nothing.
    public enum Step: Sendable, Equatable, CustomStringConvertible {
        case create
        /// Catalogue only: rows of before have NULL.
        case add(column: String, type: String)
        /// - rewrites: Whether PostgreSQL writes every row anew, and locks readers out meanwhile.
        case widen(column: String, from: String, to: String, rewrites: Bool)
        /// Catalogue only.
        case allowNull(column: String)

        var changesType: Bool { if case .widen = self { true } else { false } }

        /// `add note text`.
        public var description: String {
            switch self {
            case .create: "create the table"
            case .add(let column, let type): "add \(column) \(type)"
            case .widen(let column, let from, let to, let rewrites):
                "widen \(column) from \(from) to \(to)\(rewrites ? " (rewrites the table)" : "")"
            case .allowNull(let column): "let \(column) be NULL"
            }
        }
    }

    /// `raw.events`.
    public let table: String
    /// In the order in which they are done.
    public let steps: [Step]
    /// What cannot be mended without losing data.
    public let differences: [String]

    /// Whether a step writes every row anew.
    public var rewrites: Bool {
        steps.contains { if case .widen(_, _, _, true) = $0 { true } else { false } }
    }

    /// Whether the table is as the contract says.
    public var isDone: Bool { steps.isEmpty && differences.isEmpty }
}

/// A column of a table that is there.
struct ExistingColumn: Equatable {
    /// As `format_type` spells it.
    let type: String
    let isRequired: Bool
    let hasDefault: Bool
}

extension RawTablePlan {
    /// - Parameter present: The table's columns; none when there is no table.
    init(_ contract: Contract, present: [String: ExistingColumn]) {
        table = "\(contract.table)"
        guard !present.isEmpty else {
            (steps, differences) = ([.create], [])
            return
        }
        var steps: [Step] = []
        var differences: [String] = []
        for column in contract.columns {
            guard let existing = present[column.name] else {
                if column.isRequired {
                    differences.append("column \(column.name) is new and required: rows of before have no value for it")
                } else {
                    steps.append(.add(column: column.name, type: column.type.description))
                }
                continue
            }
            if existing.type != column.type.formatted {
                if let rewrites = Self.widening(from: existing.type, to: column.type) {
                    steps.append(
                        .widen(
                            column: column.name, from: existing.type, to: column.type.description, rewrites: rewrites))
                } else {
                    differences.append(
                        "column \(column.name) is \(existing.type) and the contract wants \(column.type)")
                }
            }
            if column.isRequired && !existing.isRequired {
                differences.append("column \(column.name) may be NULL and the contract requires a value")
            } else if !column.isRequired && existing.isRequired {
                steps.append(.allowNull(column: column.name))
            }
        }
        // A column made by hand, or that the contract has given up, is fine as long as rows may come without it.
        let named = Set(contract.columns.map(\.name))
        for (name, existing) in present.sorted(by: { $0.key < $1.key })
        where existing.isRequired && !existing.hasDefault && !named.contains(name) {
            differences.append("column \(name) is NOT NULL and the contract does not name it any more")
        }
        (self.steps, self.differences) = (steps, differences)
    }

    /// Whether the new type takes every value of the old one with the same meaning; nil when it does not. True when
    /// PostgreSQL has to rewrite the table for it.
    static func widening(from old: String, to new: ColumnType) -> Bool? {
        if new == .text { return !old.hasPrefix("character varying") }
        if let digits = integerDigits[old] {
            switch new {
            case .integer: return digits < 10 ? true : nil
            case .bigint: return digits < 19 ? true : nil
            case .numeric: return true
            case .double: return digits <= 10 ? true : nil
            case .decimal(let precision, let scale): return precision - scale >= digits ? true : nil
            default: return nil
            }
        }
        if case .decimal(let precision, let scale)? = ColumnType(old) {
            switch new {
            case .numeric: return false
            case .decimal(let wider, let longer):
                guard longer >= scale, wider - longer >= precision - scale else { return nil }
                return longer != scale
            default: return nil
            }
        }
        return old == "date" && new == .timestamptz ? true : nil
    }

    /// The most digits that a whole number of a type has.
    private static let integerDigits = ["smallint": 5, "integer": 10, "bigint": 19]
}

extension ColumnType {
    /// As `format_type` spells it.
    var formatted: String { self == .timestamptz ? "timestamp with time zone" : description }
}
