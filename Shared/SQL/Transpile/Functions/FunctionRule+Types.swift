// Rules that depend on the type of an argument.

/// Types that functions treat alike.
enum TypeClass: Sendable {
    case text, bytes, whole, exact, float, boolean, date, timestamp, timestampTZ, time, interval, array, json
    /// Any number.
    case number
    /// The type is not known.
    case unknown
    /// Any type, known or not.
    case any

    func has(_ kind: DataType.Kind?) -> Bool {
        guard let kind else { return self == .unknown || self == .any }
        switch self {
        case .text: return kind.isText
        case .bytes: return kind == .bytes
        case .whole: return kind.isWholeNumber
        case .exact: return kind.isExactNumber
        case .float: return kind.isFloat
        case .boolean: return kind == .boolean
        case .date: return kind == .date
        case .timestamp: return kind == .timestamp
        case .timestampTZ: return kind == .timestampTZ
        case .time: return kind == .time || kind == .timeTZ
        case .interval: return kind == .interval
        case .array: return kind.isArray
        case .json: return kind == .json || kind == .jsonb
        case .number: return kind.isNumber
        case .unknown: return false
        case .any: return true
        }
    }
}

extension FunctionRule {
    /// The rule of the first class that the argument's type is of. A type that is not known and that no class takes is
    /// asked for; where the options let that pass, the first rule is taken.
    static func byType(of argument: Int = 0, _ rules: (TypeClass, FunctionRule)...) -> FunctionRule {
        .written { (transpiler, call) throws(SQLError) in
            guard argument < call.arguments.count else { return try transpiler.wrongArguments(call) }
            let value = call.values[argument]
            let kind = transpiler.type(of: value)
            if let (_, rule) = rules.first(where: { $0.0.has(kind) }) { return try transpiler.apply(rule, to: call) }
            let name = call.name.name.uppercased()
            guard let kind else {
                try transpiler.needType(of: value, for: name)
                return try transpiler.apply(rules[0].1, to: call)
            }
            try transpiler.refuse("\(name) of \(DataType(kind: kind).sql(transpiler.source))", at: call.info.range)
            return .function(call)
        }
    }
}

extension Transpiler {
    /// Refuses a call whose arguments are not those that the function has.
    mutating func wrongArguments(_ call: FunctionCall) throws(SQLError) -> Expression {
        let count = call.arguments.count
        let arguments = "\(count) argument\(count == 1 ? "" : "s")"
        try refuse("\(call.name.name.uppercased()) with these \(arguments)", at: call.info.range)
        return .function(call)
    }

    /// What a rule makes of a call.
    mutating func apply(_ rule: FunctionRule, to call: FunctionCall) throws(SQLError) -> Expression {
        noteVolatile(call)
        switch rule {
        case .same: return .function(call)
        case .renamed(let name): return .function(call.renamed(name))
        case .written(let write):
            let result = try write(&self, call)
            try checkVolatile(result, of: call)
            return result
        case .refused(let advice):
            try refuse("\(call.name.name.uppercased())", advice, at: call.info.range)
            return .function(call)
        }
    }
}
