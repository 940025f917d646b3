/// Which type follows from which. Nil stands for a type that is not known; of a NULL, which takes any, `isUntyped` is
/// true beside it.
enum TypeRules {
    static func value(of literal: Literal, _ functions: FunctionTraits) -> Resolved {
        switch literal.value {
        case .null, .default: Resolved(isUntyped: true)
        case .boolean: Resolved(type: .boolean)
        case .integer(let digits): Resolved(type: type(ofInteger: digits, functions))
        case .decimal: Resolved(type: functions.decimal)
        case .string: Resolved(type: .text, isUntyped: true)
        case .bytes: Resolved(type: .bytes)
        case .bits: Resolved(type: .bit)
        }
    }

    /// The narrowest that holds it.
    private static func type(ofInteger digits: String, _ functions: FunctionTraits) -> DataType.Kind? {
        if functions.integers.count == 1 || digits.utf8.count < 10 { return functions.integers.first }
        if Int32(digits) != nil { return functions.integers.first }
        return Int64(digits) == nil ? functions.integers.last : functions.integers.dropFirst().first
    }

    // MARK: Values side by side

    /// From narrow to wide; a number takes the wider one's type.
    private static let numbers: [DataType.Kind] = [
        .int16, .int32, .int64, .numeric, .bigNumeric, .float32, .float64,
    ]

    /// The type that values of both types can have; that of the other where one is not known.
    static func common(_ left: DataType.Kind?, _ right: DataType.Kind?) -> DataType.Kind? {
        guard let left else { return right }
        guard let right, left != right else { return left }
        if let first = numbers.firstIndex(of: left), let second = numbers.firstIndex(of: right) {
            return numbers[max(first, second)]
        }
        switch (left, right) {
        case (_, _) where isText(left) && isText(right): return left  // the first one's
        case (.text, _): return right
        case (_, .text): return left
        case (.date, .timestamp), (.timestamp, .date): return .timestamp
        case (.timestamp, .timestampTZ), (.timestampTZ, .timestamp), (.date, .timestampTZ), (.timestampTZ, .date):
            return .timestampTZ
        case (.time, .timeTZ), (.timeTZ, .time): return .timeTZ
        case (.array(let first), .array(let second)):
            return common(first.kind, second.kind).map { .array(DataType(kind: $0)) }
        case (.structure(let first), .structure(let second)) where first.count == second.count:
            // Fields are matched by place; the first one's names are those of all.
            var fields = first
            for index in fields.indices {
                let kind = common(first[index].type.kind, second[index].type.kind)
                fields[index].type = DataType(kind: kind ?? .named(QualifiedName("unknown")))
            }
            return .structure(fields)
        default: return nil
        }
    }

    /// What values of both are: of branches of a CASE, rows of VALUES, queries of a UNION. Constants take the type of
    /// what stands beside them; what is not known makes the whole unknown.
    static func joined(_ left: Resolved?, _ right: Resolved) -> Resolved {
        guard let left else { return Resolved(type: right.type, isUntyped: right.isUntyped) }
        if right.isUntyped {
            return Resolved(type: left.isUntyped ? left.type ?? right.type : left.type, isUntyped: left.isUntyped)
        }
        if left.isUntyped { return Resolved(type: right.type) }
        guard left.type != nil, right.type != nil else { return Resolved() }
        return Resolved(type: common(left.type, right.type))
    }

    // MARK: Operators

    static func type(
        of operation: BinaryOperator, _ left: Resolved, _ right: Resolved, _ functions: FunctionTraits
    ) -> DataType.Kind? {
        // A constant is taken as what stands on the other side.
        let leftType = left.isUntyped ? right.type ?? left.type : left.type
        let rightType = right.isUntyped ? left.type ?? right.type : right.type
        switch operation {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .distinct, .notDistinct, .contains,
            .containedBy, .overlaps, .hasKey, .hasAnyKey, .hasAllKeys, .pathExists, .pathMatches, .matches,
            .matchesIgnoringCase, .notMatches, .notMatchesIgnoringCase, .periodOverlaps, .adjacent, .startsWith,
            .notRightOf, .notLeftOf:
            return .boolean
        case .concatenate: return concatenated(left.type, right.type)
        case .jsonText, .jsonPathText: return .text
        case .jsonField, .jsonPath, .deletePath: return left.type
        case .add, .subtract: return sum(operation, leftType, rightType, left, functions)
        case .multiply:
            if leftType == .interval || rightType == .interval { return .interval }
            return arithmetic(leftType, rightType)
        case .divide:
            if leftType == .interval { return .interval }
            guard let type = arithmetic(leftType, rightType) else { return nil }
            return isWhole(type) && !functions.integersDivideToIntegers ? .float64 : type
        case .modulo, .bitAnd, .bitOr, .bitXor: return arithmetic(leftType, rightType)
        case .power: return arithmetic(leftType, rightType).map { $0 == .numeric ? .numeric : .float64 }
        case .shiftLeft, .shiftRight: return leftType
        case .distance: return .float64
        }
    }

    /// Numbers of either type; one that is exact and one that is not make the widest.
    private static func arithmetic(_ left: DataType.Kind?, _ right: DataType.Kind?) -> DataType.Kind? {
        guard let left, let right else { return nil }
        if left == right { return left }
        if left == .float32 || right == .float32 { return .float64 }
        return common(left, right)
    }

    private static func concatenated(_ left: DataType.Kind?, _ right: DataType.Kind?) -> DataType.Kind? {
        for type in [left, right] { if case .array? = type { return type } }
        if isText(left) || isText(right) { return left == .bytes || left == .jsonb ? left : .text }
        return left == nil || right == nil ? nil : left
    }

    private static func sum(
        _ operation: BinaryOperator, _ left: DataType.Kind?, _ right: DataType.Kind?, _ first: Resolved,
        _ functions: FunctionTraits
    ) -> DataType.Kind? {
        if left == .json || left == .jsonb { return first.type }
        guard let left, let right else { return nil }
        switch (left, right) {
        case (.date, .date): return operation == .subtract ? functions.dateDifference : nil
        case (.time, .time), (.timestamp, .timestamp), (.timestampTZ, .timestampTZ), (.timestamp, .timestampTZ),
            (.timestampTZ, .timestamp), (.date, .timestamp), (.timestamp, .date), (.date, .timestampTZ),
            (.timestampTZ, .date):
            return operation == .subtract ? .interval : nil
        case (.date, .time), (.time, .date): return .timestamp
        case (.date, .timeTZ), (.timeTZ, .date): return .timestampTZ
        case (.interval, .interval): return .interval
        case (.date, .interval), (.interval, .date): return .timestamp
        case (_, .interval): return left
        case (.interval, _): return right
        case (.date, _) where isWhole(right): return .date
        case (_, .date) where isWhole(left): return .date
        default: return arithmetic(left, right)
        }
    }

    static func isText(_ type: DataType.Kind?) -> Bool { type == .text || type == .varchar || type == .char }

    static func isWhole(_ type: DataType.Kind) -> Bool { type == .int16 || type == .int32 || type == .int64 }

    // MARK: Nodes that hold only expressions

    /// The type of a node whose children, in order, are `values`.
    static func type(
        of expression: Expression, _ values: [Resolved], _ functions: FunctionTraits
    ) -> DataType.Kind? {
        let first = values.first?.type
        switch expression {
        case .isTest, .between, .match, .quantified: return .boolean
        case .unary(let node):
            switch node.operation {
            case .not: return .boolean
            case .squareRoot, .cubeRoot: return .float64
            default: return first
            }
        case .interval: return .interval
        case .atTimeZone:
            switch first {
            case .timestampTZ, .date: return .timestamp
            case .timestamp: return .timestampTZ
            case .time: return .timeTZ
            default: return first
            }
        case .collated: return first
        case .chain(let chain):
            guard var result = values.first else { return nil }
            for (link, value) in zip(chain.links, values.dropFirst()) {
                result = Resolved(type: type(of: link.operation, result, value, functions))
            }
            return result.type
        case .subscripted(let node):
            guard case .array(let element)? = first else { return first == .jsonb || first == .json ? first : nil }
            if case .slice = node.position { return first }
            return element.kind
        case .field(let node):
            if first == .json { return .json }
            guard case .structure(let fields)? = first else { return nil }
            return fields.first { $0.name?.name.lowercased() == node.field.name.lowercased() }?.type.kind
        default: return nil
        }
    }
}
