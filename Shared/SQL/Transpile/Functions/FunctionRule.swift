/// What becomes of the calls of one function.
enum FunctionRule: Sendable {
    /// Makes the call's equivalent. The arguments of the call are of the target dialect already;
    /// `transpiler.type(of:)` tells which type each had in the source.
    typealias Writer = @Sendable (inout Transpiler, FunctionCall) throws(SQLError) -> Expression

    /// The other dialect's function of that name means the same, whatever the arguments.
    case same
    /// The other dialect's function of another name means the same, whatever the arguments.
    case renamed(String)
    case written(Writer)
    /// There is no equivalent; the sentence says what to write instead, and may be empty.
    case refused(String)
}

/// The rules for one direction, by the function's name.
struct FunctionTable: Sendable {
    /// The rules of functions that belong together, for one direction. Names are in lower case, with spaces between
    /// those that have the same rule; `pg_*` stands for all names that begin so.
    typealias Family = [(names: String, rule: FunctionRule)]

    private let rules: [String: FunctionRule]
    private let rulesOfPrefixes: [(prefix: String, rule: FunctionRule)]

    init(_ families: [Family]) {
        var rules: [String: FunctionRule] = [:]
        var rulesOfPrefixes: [(prefix: String, rule: FunctionRule)] = []
        for family in families {
            for (names, rule) in family {
                for name in names.split(separator: " ") {
                    if name.hasSuffix("*") {
                        rulesOfPrefixes.append((String(name.dropLast()), rule))
                    } else {
                        rules[String(name)] = rule
                    }
                }
            }
        }
        self.rules = rules
        self.rulesOfPrefixes = rulesOfPrefixes
    }

    /// Nil for a function that no family has.
    func rule(for call: FunctionCall) -> FunctionRule? {
        let name = call.name.name.lowercased()
        return rules[name] ?? rulesOfPrefixes.first { name.hasPrefix($0.prefix) }?.rule
    }

    static let toBigQuery = FunctionTable([
        AggregateFunctions.toBigQuery, ArrayFunctions.toBigQuery, DateArithmetic.toBigQuery, DateFunctions.toBigQuery,
        ExtractFunctions.toBigQuery, FormatFunctions.toBigQuery, HashFunctions.toBigQuery, JSONFunctions.toBigQuery,
        MathFunctions.toBigQuery, NullFunctions.toBigQuery, PercentileFunctions.toBigQuery, RegexFunctions.toBigQuery,
        StringFunctions.toBigQuery, SystemFunctions.toBigQuery, WindowFunctions.toBigQuery,
    ])
    static let toPostgres = FunctionTable([
        AggregateFunctions.toPostgres, ArrayFunctions.toPostgres, DateArithmetic.toPostgres, DateFunctions.toPostgres,
        ExtractFunctions.toPostgres, FormatFunctions.toPostgres, HashFunctions.toPostgres, JSONFunctions.toPostgres,
        MathFunctions.toPostgres, NullFunctions.toPostgres, PercentileFunctions.toPostgres, RegexFunctions.toPostgres,
        StringFunctions.toPostgres, SystemFunctions.toPostgres, WindowFunctions.toPostgres,
    ])
}

extension FunctionCall {
    /// The same call of another function; what stands around the arguments stays.
    func renamed(_ name: String) -> FunctionCall {
        var call = self
        call.name = Identifier(name)
        call.hasParentheses = true
        return call
    }

    /// The same call with other arguments, of another function where a name is given.
    func with(_ arguments: [Expression], name: String? = nil) -> FunctionCall {
        var call = name.map { renamed($0) } ?? self
        call.arguments = arguments.map { Argument($0) }
        return call
    }

    /// The values of the arguments, in order.
    var values: [Expression] { arguments.map(\.value) }
}
