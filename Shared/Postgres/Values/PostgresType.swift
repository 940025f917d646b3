// PostgresType: a column's type as the server numbers it.

/// A type of the server, by its object id.
public struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The object id.
    public let rawValue: UInt32

    /// Takes the object id as it is.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `boolean`
    public static let bool = PostgresType(rawValue: 16)
    /// `bytea`
    public static let bytea = PostgresType(rawValue: 17)
    /// `"char"`, one byte
    public static let char = PostgresType(rawValue: 18)
    /// `name`, as in the catalogue
    public static let name = PostgresType(rawValue: 19)
    /// `bigint`
    public static let int8 = PostgresType(rawValue: 20)
    /// `smallint`
    public static let int2 = PostgresType(rawValue: 21)
    /// `integer`
    public static let int4 = PostgresType(rawValue: 23)
    /// `text`
    public static let text = PostgresType(rawValue: 25)
    /// `oid`
    public static let oid = PostgresType(rawValue: 26)
    /// `json`
    public static let json = PostgresType(rawValue: 114)
    /// `real`
    public static let float4 = PostgresType(rawValue: 700)
    /// `double precision`
    public static let float8 = PostgresType(rawValue: 701)
    /// A literal whose type nothing determined
    public static let unknown = PostgresType(rawValue: 705)
    /// `character(n)`
    public static let bpchar = PostgresType(rawValue: 1042)
    /// `character varying`
    public static let varchar = PostgresType(rawValue: 1043)
    /// `date`
    public static let date = PostgresType(rawValue: 1082)
    /// `time`
    public static let time = PostgresType(rawValue: 1083)
    /// `timestamp without time zone`
    public static let timestamp = PostgresType(rawValue: 1114)
    /// `timestamp with time zone`
    public static let timestamptz = PostgresType(rawValue: 1184)
    /// `interval`
    public static let interval = PostgresType(rawValue: 1186)
    /// `time with time zone`
    public static let timetz = PostgresType(rawValue: 1266)
    /// `numeric`
    public static let numeric = PostgresType(rawValue: 1700)
    /// `uuid`
    public static let uuid = PostgresType(rawValue: 2950)
    /// `void`, what a function gives that gives nothing
    public static let void = PostgresType(rawValue: 2278)
    /// `jsonb`
    public static let jsonb = PostgresType(rawValue: 3802)

    /// The type of the elements, where this is an array of a type named above.
    public var element: PostgresType? { Self.elements[rawValue].map(PostgresType.init(rawValue:)) }

    /// True when the name is known here; others the server knows (`format_type`).
    public var isNamed: Bool { Self.names[rawValue] != nil || element != nil }

    /// The SQL name where it is known here, or `type 12345`.
    public var description: String {
        if let name = Self.names[rawValue] { return name }
        if let element { return "\(element)[]" }
        return "type \(rawValue)"
    }

    private static let elements: [UInt32: UInt32] = [
        1000: 16, 1001: 17, 1002: 18, 1003: 19, 1016: 20, 1005: 21, 1007: 23, 1009: 25, 1028: 26, 199: 114,
        1021: 700, 1022: 701, 1014: 1042, 1015: 1043, 1182: 1082, 1183: 1083, 1115: 1114, 1185: 1184, 1187: 1186,
        1270: 1266, 1231: 1700, 2951: 2950, 3807: 3802,
    ]

    private static let names: [UInt32: String] = [
        16: "boolean", 17: "bytea", 18: "\"char\"", 19: "name", 20: "bigint", 21: "smallint", 23: "integer",
        25: "text", 26: "oid", 114: "json", 700: "real", 701: "double precision", 705: "unknown",
        1042: "character", 1043: "character varying", 1082: "date", 1083: "time without time zone",
        1114: "timestamp without time zone", 1184: "timestamp with time zone", 1186: "interval",
        1266: "time with time zone", 1700: "numeric", 2278: "void", 2950: "uuid", 3802: "jsonb",
    ]
}
