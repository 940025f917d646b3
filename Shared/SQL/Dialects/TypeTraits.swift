/// The names of types.
struct TypeTraits: Sendable {
    /// By name in lower case; of several words, with one space between.
    var kinds: [String: DataType.Kind]
    /// How each kind is written; a kind that lacks is not a type of the dialect.
    var names: [DataType.Kind: String]
    /// Types that others have and that SQLGlot writes as one of these, by their names in lower case.
    var foreign: [String: DataType.Kind] = [:]
    /// `int[]` rather than `ARRAY<INT64>`.
    var arraysAreSuffixed: Bool
    /// `timestamp(3) with time zone`: parameters stand before these words.
    var hasZoneWords: Bool
    /// Names are written in upper case.
    var namesAreUpperCase: Bool

    static let postgres = TypeTraits(
        kinds: [
            "boolean": .boolean, "bool": .boolean, "smallint": .int16, "int2": .int16, "integer": .int32,
            "int": .int32, "int4": .int32, "bigint": .int64, "int8": .int64, "real": .float32, "float4": .float32,
            "double precision": .float64, "float8": .float64, "float": .float64, "numeric": .numeric,
            "decimal": .numeric, "dec": .numeric, "text": .text, "varchar": .varchar, "character varying": .varchar,
            "char varying": .varchar, "char": .char, "character": .char, "bytea": .bytes, "bit": .bit,
            "bit varying": .varbit, "varbit": .varbit, "date": .date, "time": .time, "time without time zone": .time,
            "time with time zone": .timeTZ, "timetz": .timeTZ, "timestamp": .timestamp,
            "timestamp without time zone": .timestamp, "timestamp with time zone": .timestampTZ,
            "timestamptz": .timestampTZ, "interval": .interval, "json": .json, "jsonb": .jsonb, "uuid": .uuid,
        ],
        names: [
            .boolean: "boolean", .int16: "smallint", .int32: "integer", .int64: "bigint", .float32: "real",
            .float64: "double precision", .numeric: "numeric", .text: "text", .varchar: "varchar", .char: "char",
            .bytes: "bytea", .bit: "bit", .varbit: "varbit", .date: "date", .time: "time", .timeTZ: "timetz",
            .timestamp: "timestamp", .timestampTZ: "timestamptz", .interval: "interval", .json: "json",
            .jsonb: "jsonb", .uuid: "uuid",
        ],
        foreign: [
            "double": .float64, "float64": .float64, "string": .text, "tinytext": .text, "mediumtext": .text,
            "longtext": .text, "clob": .text, "int64": .int64, "long": .int64, "int32": .int32, "int16": .int16,
            "short": .int16, "tinyint": .int16, "byteint": .int16, "byte": .int16, "datetime": .timestamp,
            "timestamp_ntz": .timestamp, "timestampntz": .timestamp, "timestamp_ltz": .timestampTZ,
            "timestampltz": .timestampTZ, "timestamp_tz": .timestampTZ, "number": .numeric, "bignumeric": .numeric,
            "bigdecimal": .numeric, "bytes": .bytes, "blob": .bytes, "binary": .bytes, "varbinary": .bytes,
            "nvarchar": .varchar, "nvarchar2": .varchar, "varchar2": .varchar,
        ],
        arraysAreSuffixed: true, hasZoneWords: true, namesAreUpperCase: false)

    static let bigQuery = TypeTraits(
        kinds: [
            "bool": .boolean, "boolean": .boolean, "int64": .int64, "int": .int64, "smallint": .int64,
            "integer": .int64, "bigint": .int64, "tinyint": .int64, "byteint": .int64, "float64": .float64,
            "numeric": .numeric, "decimal": .numeric, "bignumeric": .bigNumeric, "bigdecimal": .bigNumeric,
            "string": .text, "bytes": .bytes, "date": .date, "time": .time, "datetime": .timestamp,
            "timestamp": .timestampTZ, "interval": .interval, "json": .json, "geography": .geography,
        ],
        names: [
            .boolean: "BOOL", .int64: "INT64", .float64: "FLOAT64", .numeric: "NUMERIC", .bigNumeric: "BIGNUMERIC",
            .text: "STRING", .bytes: "BYTES", .date: "DATE", .time: "TIME", .timestamp: "DATETIME",
            .timestampTZ: "TIMESTAMP", .interval: "INTERVAL", .json: "JSON", .geography: "GEOGRAPHY",
        ],
        arraysAreSuffixed: false, hasZoneWords: false, namesAreUpperCase: true)
}
