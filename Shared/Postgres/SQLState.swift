// SQLState: the five characters with which PostgreSQL names what went wrong (manual, appendix A).

/// The five characters with which the server names an error: `SQLState.uniqueViolation`, or `"23505"`.
public struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The five characters: `23505`.
    public let rawValue: String

    /// Takes the five characters as they are.
    public init(rawValue: String) { self.rawValue = rawValue }

    public init(stringLiteral value: String) { rawValue = value }

    public var description: String { rawValue }

    /// The class of the error: its first two characters, `23` for every broken constraint.
    public var errorClass: String { String(rawValue.prefix(2)) }

    /// A unique or primary key exists already.
    public static let uniqueViolation: SQLState = "23505"
    /// A row that another table refers to, or refers to one that is not there.
    public static let foreignKeyViolation: SQLState = "23503"
    /// NULL where the column takes none.
    public static let notNullViolation: SQLState = "23502"
    /// The transaction clashed with another one; the same transaction may go through when run again.
    public static let serializationFailure: SQLState = "40001"
    /// Two transactions waited for each other and this one was chosen to end.
    public static let deadlockDetected: SQLState = "40P01"
    /// A lock was not free in time (`lock_timeout`, `NOWAIT`).
    public static let lockNotAvailable: SQLState = "55P03"
    /// The statement was cancelled: by us, by an administrator, or because its time was up.
    public static let queryCancelled: SQLState = "57014"
    /// The backend was ended by an administrator, or the server shuts down.
    public static let adminShutdown: SQLState = "57P01"
    /// A table, view or index that is not there.
    public static let undefinedTable: SQLState = "42P01"
    /// A column that is not there.
    public static let undefinedColumn: SQLState = "42703"
    /// A schema that is not there.
    public static let invalidSchemaName: SQLState = "3F000"
    /// The role may not do that.
    public static let insufficientPrivilege: SQLState = "42501"
    /// The text is not SQL.
    public static let syntaxError: SQLState = "42601"
    /// Something else depends on the object to be dropped.
    public static let dependentObjectsStillExist: SQLState = "2BP01"
    /// A view cannot be replaced by one with such columns (and other definitions that make no sense).
    public static let invalidTableDefinition: SQLState = "42P16"
    /// A transaction that may only read was asked to write.
    public static let readOnlySQLTransaction: SQLState = "25006"
    /// The table, view or index exists already.
    public static let duplicateTable: SQLState = "42P07"
    /// The role, or another object without a code of its own, exists already.
    public static let duplicateObject: SQLState = "42710"

    /// True when the same call may succeed later: the server went away (08, 57P0), is out of resources (53), or chose
    /// this transaction to make way for another (40001, 40P01).
    public var isRetriable: Bool {
        switch errorClass {
        // Protocol violation: a statement with a parameter for which there is no value, for one.
        case "08": rawValue != "08P01"
        // A limit that the server was set to stays.
        case "53": rawValue != "53400"
        default:
            rawValue.hasPrefix("57P0") || self == .serializationFailure || self == .deadlockDetected
        }
    }
}
