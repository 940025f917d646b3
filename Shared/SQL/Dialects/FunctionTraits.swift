/// What is known of a dialect's functions: which aggregate, and what type they return.
struct FunctionTraits: Sendable {
    /// The type of a call.
    enum Result: Sendable {
        case type(DataType.Kind)
        /// That of the argument of this number.
        case argument(Int)
        /// The one that all arguments from this one on have in common.
        case common(from: Int)
        /// That of the first and, if it is there, the third argument: `lag(x, 1, 0)`.
        case valueOrDefault
        /// That of the first argument; text for any kind of text.
        case plain
        /// An array of the first argument; an array stays what it is where arrays of arrays are no type of their own.
        case arrayOfArgument
        /// An element of the first argument, which is an array.
        case element
        /// An array of what all arguments have in common.
        case arrayOfCommon
        /// That of the argument of this number if it is an array, else an array of it.
        case arrayFrom(Int)
        /// Bytes of bytes; text of anything else.
        case textOrBytes
        /// An array of bytes, of bytes; of texts, of anything else.
        case arrayOfTextOrBytes
        /// JSON of JSON; text of anything else.
        case textOrJSON
        /// An exact number of an exact number, otherwise a floating one.
        case number
        /// As `number`, but exact of two arguments in PostgreSQL: `round(x, 2)`.
        case rounded
        /// An exact number when one of the arguments is one, otherwise a floating one.
        case power
        /// What a sum of the first argument is.
        case sum
        /// What an average of the first argument is.
        case average
        /// What a deviation or variance of the first argument is.
        case deviation
        /// That of the argument of this number; a moment of a date.
        case truncatedTime(Int)
        /// What the first two arguments have in common; a moment of dates.
        case series
        /// The other kind of timestamp than the argument of this number.
        case zoned(Int)
        /// The first key of WITHIN GROUP.
        case ordered
        /// As `ordered`, but a floating number of any number.
        case interpolated
    }

    /// A column that a function in FROM returns.
    typealias Column = (name: String, type: DataType.Kind)

    /// By name in lower case.
    var results: [String: Result]
    /// Names of aggregate functions in lower case.
    var aggregates: Set<String>
    /// Names, in lower case, of functions that make several rows of one.
    var setReturning: Set<String>
    /// The columns of functions in FROM whose names do not depend on the alias, by name in lower case.
    var tables: [String: [Column]]
    /// What a whole number's sum is, by its type; other numbers stay what they are.
    var sums: [DataType.Kind: DataType.Kind]
    var wholeAverage: DataType.Kind
    /// The types of literals: whole numbers from the narrowest that holds them, others, and NULL on its own.
    var integers: [DataType.Kind]
    var decimal: DataType.Kind
    var null: DataType.Kind
    /// `7 / 2` is 3.
    var integersDivideToIntegers: Bool
    /// `day - day`.
    var dateDifference: DataType.Kind
    /// An array of arrays is of the same type as they.
    var arraysAreFlat: Bool

    static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }

    /// Results by name, of rows that list the names of each result.
    static func table(_ rows: [(Result, String)]) -> [String: Result] {
        var table: [String: Result] = [:]
        for (result, names) in rows { for name in words(names) { table[name] = result } }
        return table
    }
}
