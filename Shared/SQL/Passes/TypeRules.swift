/// Which type follows from which. Nil stands for a type that is not known.
enum TypeRules {
    static func type(of literal: Literal, _ functions: FunctionTraits) -> DataType.Kind? {
        switch literal.value {
        case .null, .default: nil
        case .boolean: .boolean
        case .integer: functions.integer
        case .decimal: functions.decimal
        case .string: .text
        case .bytes: .bytes
        case .bits: .bit
        }
    }

    /// From narrow to wide; a number takes the wider one's type.
    private static let numbers: [DataType.Kind] = [
        .int16, .int32, .int64, .numeric, .bigNumeric, .float32, .float64,
    ]

    /// The type that values of both types can have.
    static func common(_ left: DataType.Kind?, _ right: DataType.Kind?) -> DataType.Kind? {
        guard let left else { return right }
        guard let right, left != right else { return left }
        if let first = numbers.firstIndex(of: left), let second = numbers.firstIndex(of: right) {
            return numbers[max(first, second)]
        }
        switch (left, right) {
        case (.text, .varchar), (.varchar, .text), (.char, .text), (.text, .char), (.char, .varchar), (.varchar, .char):
            return .text
        case (.text, _): return right  // a string literal takes the type beside it
        case (_, .text): return left
        case (.date, .timestamp), (.timestamp, .date): return .timestamp
        case (.timestamp, .timestampTZ), (.timestampTZ, .timestamp), (.date, .timestampTZ), (.timestampTZ, .date):
            return .timestampTZ
        default: return nil
        }
    }

    static func type(
        of operation: BinaryOperator, _ left: DataType.Kind?, _ right: DataType.Kind?, _ functions: FunctionTraits
    ) -> DataType.Kind? {
        switch operation {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .distinct, .notDistinct, .contains,
            .containedBy, .overlaps, .hasKey, .hasAnyKey, .hasAllKeys, .pathExists, .pathMatches, .matches,
            .matchesIgnoringCase, .notMatches, .notMatchesIgnoringCase, .periodOverlaps, .adjacent, .startsWith,
            .notRightOf, .notLeftOf:
            return .boolean
        case .concatenate: return isText(left) || isText(right) ? .text : left ?? right
        case .jsonText, .jsonPathText: return .text
        case .jsonField, .jsonPath, .deletePath: return left
        case .add, .subtract: return sum(operation, left, right)
        case .multiply: return left == .interval || right == .interval ? .interval : common(left, right)
        case .divide:
            if left == .interval { return .interval }
            guard let type = common(left, right) else { return nil }
            return isWhole(type) && !functions.integersDivideToIntegers ? .float64 : type
        case .modulo, .bitAnd, .bitOr, .bitXor: return common(left, right)
        case .power: return common(left, right) == .numeric ? .numeric : .float64
        case .shiftLeft, .shiftRight: return left
        case .distance: return .float64
        }
    }

    private static func sum(
        _ operation: BinaryOperator, _ left: DataType.Kind?, _ right: DataType.Kind?
    ) -> DataType.Kind? {
        switch (left, right) {
        case (.date?, .date?): return operation == .subtract ? .int32 : nil
        case (.timestamp?, .timestamp?), (.timestampTZ?, .timestampTZ?), (.timestamp?, .timestampTZ?),
            (.timestampTZ?, .timestamp?):
            return operation == .subtract ? .interval : nil
        case (.date?, .interval?): return .timestamp
        case (let type?, .interval?): return type
        case (.interval?, let type?): return type == .date ? .timestamp : type
        case (.date?, let type?) where isWhole(type): return .date
        case (.json?, _), (.jsonb?, _): return left
        default: return common(left, right)
        }
    }

    private static func isText(_ type: DataType.Kind?) -> Bool { type == .text || type == .varchar || type == .char }

    private static func isWhole(_ type: DataType.Kind) -> Bool { type == .int16 || type == .int32 || type == .int64 }

    static func type(
        of result: FunctionTraits.Result?, _ arguments: [DataType.Kind?], _ functions: FunctionTraits
    ) -> DataType.Kind? {
        let first = arguments.first ?? nil
        switch result {
        case nil: return nil
        case .type(let type): return type
        case .argument(let index): return index < arguments.count ? arguments[index] : nil
        case .common: return arguments.reduce(nil) { common($0, $1) }
        case .arrayOfArgument: return first.map { .array(DataType(kind: $0)) }
        case .element:
            if case .array(let element)? = first { return element.kind }
            return nil
        case .sum: return first.map { functions.sums[$0] ?? $0 }
        case .average: return first.map { isWhole($0) ? functions.wholeAverage : $0 == .float32 ? .float64 : $0 }
        }
    }

    /// The type of a node whose children, in order, have `types`.
    static func type(of expression: Expression, _ types: [DataType.Kind?]) -> DataType.Kind? {
        let first = types.first ?? nil
        switch expression {
        case .isTest, .between, .match, .quantified: return .boolean
        case .unary(let node): return node.operation == .not ? .boolean : first
        case .interval: return .interval
        case .atTimeZone: return first == .timestampTZ ? .timestamp : first == .timestamp ? .timestampTZ : first
        case .collated: return first
        case .chain: return types.dropFirst().reduce(first) { common($0, $1) }
        case .subscripted(let node):
            guard case .array(let element)? = first else { return first == .jsonb || first == .json ? first : nil }
            if case .slice = node.position { return first }
            return element.kind
        case .field(let node):
            guard case .structure(let fields)? = first else { return nil }
            return fields.first { $0.name?.name.lowercased() == node.field.name.lowercased() }?.type.kind
        default: return nil
        }
    }
}
