// The types of calls, from those of their arguments.

extension TypeRules {
    /// - Parameter ordered: The first key of WITHIN GROUP.
    static func type(
        of result: FunctionTraits.Result?, _ arguments: [Resolved], ordered: Resolved?, _ functions: FunctionTraits
    ) -> DataType.Kind? {
        guard let result else { return nil }
        func argument(_ index: Int) -> DataType.Kind? { index < arguments.count ? arguments[index].type : nil }
        let first = argument(0)
        switch result {
        case .type(let type): return type
        case .argument(let index): return argument(index)
        case .common(let start): return arguments.dropFirst(start).reduce(nil) { joined($0, $1) }?.type
        case .valueOrDefault:
            return arguments.count > 2 ? joined(arguments[0], arguments[2]).type : first
        case .plain: return first == .varchar ? .text : first
        case .arrayOfArgument:
            if functions.arraysAreFlat, case .array? = first { return first }
            return first.map { .array(DataType(kind: $0)) }
        case .element:
            if case .array(let element)? = first { return element.kind }
            return nil
        case .arrayOfCommon:
            return arguments.prefix(2).reduce(nil) { joined($0, $1) }?.type.map { .array(DataType(kind: $0)) }
        case .arrayFrom(let index):
            if case .array? = argument(index) { return argument(index) }
            return argument(1 - index).map { .array(DataType(kind: $0)) }
        case .textOrBytes: return first == .bytes ? .bytes : .text
        case .arrayOfTextOrBytes: return .array(DataType(kind: first == .bytes ? .bytes : .text))
        case .textOrJSON: return first == nil ? nil : first == .json ? .json : .text
        case .truncatedTime(let index):
            let type = argument(index)
            return type == .date || type == .text ? .timestampTZ : type
        case .series:
            let type = arguments.prefix(2).reduce(nil) { joined($0, $1) }?.type
            return type == .date || type == .text ? .timestampTZ : type
        case .zoned(let index):
            return argument(index).map { $0 == .timestampTZ || $0 == .date ? .timestamp : .timestampTZ }
        case .ordered: return ordered?.type ?? first
        case .interpolated: return ordered?.type == .interval ? .interval : .float64
        case .number, .rounded, .power, .sum, .average, .deviation: return number(result, arguments, functions)
        }
    }

    private static func number(
        _ result: FunctionTraits.Result, _ arguments: [Resolved], _ functions: FunctionTraits
    ) -> DataType.Kind? {
        guard let first = arguments.first?.type else { return nil }
        switch result {
        case .number: return isExact(first) ? first : .float64
        case .rounded: return isExact(first) || (arguments.count > 1 && isWhole(first)) ? .numeric : .float64
        case .power:
            let types = arguments.compactMap(\.type)
            let exact = types.filter(isExact).first
            return types.contains { $0 == .float64 || $0 == .float32 } ? .float64 : exact ?? .float64
        case .sum: return functions.sums[first] ?? first
        case .average: return isWhole(first) ? functions.wholeAverage : first == .float32 ? .float64 : first
        case .deviation: return first == .float32 || first == .float64 ? .float64 : functions.wholeAverage
        default: return nil
        }
    }

    private static func isExact(_ type: DataType.Kind) -> Bool { type == .numeric || type == .bigNumeric }
}
