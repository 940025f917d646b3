import Pipeline

/// An expression of Jinja, with its place in the file.
struct JinjaExpression: Sendable, Equatable {
    /// What it is.
    indirect enum Kind: Sendable, Equatable {
        case literal(VariableValue)
        case name(String)
        case list([JinjaExpression])
        case mapping([JinjaPair])
        case attribute(JinjaExpression, String)
        case item(JinjaExpression, JinjaExpression)
        case slice(JinjaExpression, from: JinjaExpression?, to: JinjaExpression?)
        case call(JinjaExpression, JinjaArguments)
        case filter(JinjaExpression, String, JinjaArguments)
        /// `x is [not] name`
        case test(JinjaExpression, String, [JinjaExpression], negated: Bool)
        case not(JinjaExpression)
        case minus(JinjaExpression)
        case binary(JinjaOperator, JinjaExpression, JinjaExpression)
        /// `a if condition else b`
        case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)
    }

    let kind: Kind
    /// In UTF-8 bytes of the file.
    let offset: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// The parts that it is made of.
    var parts: [JinjaExpression] {
        switch kind {
        case .literal, .name: []
        case .list(let elements): elements
        case .mapping(let pairs): pairs.flatMap { [$0.key, $0.value] }
        case .attribute(let base, _): [base]
        case .item(let base, let key): [base, key]
        case .slice(let base, let from, let to): [base] + [from, to].compactMap { $0 }
        case .call(let callee, let arguments): [callee] + arguments.all
        case .filter(let base, _, let arguments): [base] + arguments.all
        case .test(let base, _, let arguments, _): [base] + arguments
        case .not(let inner), .minus(let inner): [inner]
        case .binary(_, let left, let right): [left, right]
        case .conditional(let value, let condition, let otherwise): [value, condition] + [otherwise].compactMap { $0 }
        }
    }

    /// Adds the names, lower case, that it asks for; `var('x')` asks for x.
    func collectNames(into names: inout Set<String>) {
        if case .name(let name) = kind { names.insert(name.lowercased()) }
        if case .call(let callee, let arguments) = kind, case .name("var") = callee.kind,
            case .literal(.string(let name))? = arguments.positional.first?.kind
        {
            names.insert(name.lowercased())
        }
        for part in parts { part.collectNames(into: &names) }
    }

    /// True when it calls the function of that name.
    func calls(_ function: String) -> Bool {
        if case .call(let callee, _) = kind, case .name(function) = callee.kind { return true }
        return parts.contains { $0.calls(function) }
    }
}

/// `key: value` of a mapping.
struct JinjaPair: Sendable, Equatable {
    let key: JinjaExpression
    let value: JinjaExpression
}

/// The arguments of a call or filter.
struct JinjaArguments: Sendable, Equatable {
    var positional: [JinjaExpression] = []
    var named: [String: JinjaExpression] = [:]

    var all: [JinjaExpression] { positional + named.values }
}

enum JinjaOperator: String, Sendable {
    case and, or
    case `in`
    case notIn = "not in"
    case equal = "=="
    case different = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case add = "+"
    case subtract = "-"
    case concatenate = "~"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}
