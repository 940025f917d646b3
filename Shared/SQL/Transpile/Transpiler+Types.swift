// Types and casts.

/// What a type of one dialect is in the other.
enum TypeMapping {
    /// Types that have one equivalent, whatever their parameters.
    static let toBigQuery: [DataType.Kind: DataType.Kind] = [
        .boolean: .boolean, .int16: .int64, .int32: .int64, .int64: .int64, .float32: .float64, .float64: .float64,
        .numeric: .numeric, .text: .text, .varchar: .text, .bytes: .bytes, .date: .date, .time: .time,
        .timestamp: .timestamp, .timestampTZ: .timestampTZ, .interval: .interval, .json: .json, .jsonb: .json,
        .uuid: .text,
    ]

    static let toPostgres: [DataType.Kind: DataType.Kind] = [
        .boolean: .boolean, .int64: .int64, .float64: .float64, .numeric: .numeric, .bigNumeric: .numeric,
        .text: .text, .bytes: .bytes, .date: .date, .time: .time, .timestamp: .timestamp, .timestampTZ: .timestampTZ,
        .interval: .interval, .json: .jsonb,
    ]

    /// PostgreSQL's names of ranges, by what they range over.
    static let ranges: [DataType.Kind: String] = [.date: "daterange", .timestamp: "tsrange", .timestampTZ: "tstzrange"]

    /// PostgreSQL's types that are known to have no equivalent, and what to use instead.
    static let refused: [String: String] = [
        "serial": "Write bigint, and give the values.", "bigserial": "Write bigint, and give the values.",
        "smallserial": "Write bigint, and give the values.", "inet": "Write text.", "cidr": "Write text.",
        "macaddr": "Write text.", "money": "Write numeric.", "citext": "Write text, and compare with lower().",
        "hstore": "Write jsonb.", "xml": "Write text.", "oid": "Write bigint.", "regclass": "Write text.",
    ]

    /// The equivalent of a type of columns, as far as there is one.
    static func kind(_ kind: DataType.Kind, _ direction: Transpiler.Direction) -> DataType.Kind? {
        if case .array(let element) = kind {
            return self.kind(element.kind, direction).map { .array(DataType(kind: $0)) }
        }
        return direction == .toBigQuery ? toBigQuery[kind] : toPostgres[kind]
    }
}

extension Transpiler {
    /// The type in the target dialect.
    mutating func type(_ type: DataType) throws(SQLError) -> DataType {
        var result = type
        result.written = Spelling(nil)
        switch type.kind {
        case .array(let element):
            if case .array = element.kind {
                try refuse("an array of arrays", "Write an array of rows, or JSON.", at: type.info.range)
            }
            result.kind = .array(try self.type(element))
        case .range(let element):
            guard let name = TypeMapping.ranges[element.kind], direction == .toPostgres else { break }
            result.kind = .named(QualifiedName(name))
        case .named(let name): try named(name, &result)
        case .structure: try refuse("the type STRUCT", "Write a column for each field, or jsonb.", at: type.info.range)
        case .numeric where direction == .toBigQuery: result = try exact(type)
        case .bigNumeric: result.kind = .numeric
        default:
            if let kind = TypeMapping.kind(type.kind, direction) {
                result.kind = kind
                try parameters(of: type, &result)
            } else {
                let advice = type.kind == .char ? "Write varchar or text." : ""
                try refuse("the type \(type.sql(source))", advice, at: type.info.range)
            }
        }
        return result
    }

    private mutating func named(_ name: QualifiedName, _ result: inout DataType) throws(SQLError) {
        let key = name.last.name.lowercased()
        if direction == .toBigQuery, let range = TypeMapping.ranges.first(where: { $0.value == key }) {
            result.kind = .range(DataType(kind: range.key))
            return
        }
        try refuse("the type \(name)", TypeMapping.refused[key] ?? "", at: result.info.range)
    }

    /// NUMERIC holds 29 digits before the point and 9 behind it, BIGNUMERIC 38 and 38.
    private mutating func exact(_ type: DataType) throws(SQLError) -> DataType {
        var result = type
        result.written = Spelling(nil)
        guard let precision = type.parameters.first else { return result }
        let scale = type.parameters.count > 1 ? type.parameters[1] : 0
        if scale >= 0, scale <= 9, precision - scale <= 29 { return result }
        if scale >= 0, scale <= 38, precision - scale <= 38 {
            result.kind = .bigNumeric
            return result
        }
        try refuse(
            "numeric(\(precision), \(scale))", "BIGNUMERIC holds up to 38 digits on each side.", at: type.info.range)
        return result
    }

    private mutating func parameters(of type: DataType, _ result: inout DataType) throws(SQLError) {
        guard let first = type.parameters.first else { return }
        switch (direction, type.kind) {
        case (.toBigQuery, .varchar), (.toBigQuery, .numeric), (.toPostgres, .numeric): return
        case (.toPostgres, .text): result.kind = .varchar
        case (.toBigQuery, .time), (.toBigQuery, .timestamp), (.toBigQuery, .timestampTZ), (.toBigQuery, .interval):
            result.parameters = []
            if first < 6 {
                try refuse("\(type.sql(source))", "Write the type without digits, and truncate.", at: type.info.range)
            }
        default:
            result.parameters = []
            try refuse("\(type.sql(source))", "Write the type without a length.", at: type.info.range)
        }
    }

    // MARK: Casts

    mutating func cast(_ cast: Cast) throws(SQLError) -> Expression {
        let from = type(of: cast.operand)
        let result = direction == .toBigQuery ? try castToBigQuery(cast, from) : try castToPostgres(cast, from)
        if let result { return result }
        var cast = cast
        cast.type = try type(cast.type)
        if direction == .toPostgres, cast.safe {
            cast.safe = false
            guard let from, safelyCast(from, to: cast.type.kind) else {
                try refuse(
                    "SAFE_CAST to \(cast.type.sql(target))",
                    "Write CASE WHEN, with a condition on the text, around a CAST.", at: cast.info.range)
                return .cast(cast)
            }
        }
        return .cast(cast)
    }

    /// Casts that have a form of their own in GoogleSQL.
    private mutating func castToBigQuery(_ cast: Cast, _ from: DataType.Kind?) throws(SQLError) -> Expression? {
        let operand = cast.operand
        switch (from, cast.type.kind) {
        case (_, .interval):
            if let text = operand.stringLiteral {
                var literal = IntervalLiteral(value: operand, info: cast.info)
                if let fields = cast.type.intervalFields?.split(separator: " ").map(String.init) {
                    literal.from = fields.first
                    literal.to = fields.count > 2 ? fields[2] : nil
                }
                guard IntervalText(text, from: literal.from, to: literal.to) != nil else { break }
                return try interval(literal)
            }
            guard from != .interval, !operand.isPlaceholder else { break }
            try refuse(
                "a text that is read as an interval", "Write make_interval, or INTERVAL '1 day' * n.",
                at: cast.info.range)
        case (_, .json), (_, .jsonb):
            if from == .json || from == .jsonb { return operand }
            if from?.isText ?? (operand.stringLiteral != nil) {
                if let text = operand.stringLiteral {
                    return .typedLiteral(TypedLiteral(type: DataType(kind: .json), text: text))
                }
                return .call("PARSE_JSON", operand)
            }
            try needType(of: operand, for: "a cast to JSON")
        case (.json?, let kind), (.jsonb?, let kind):
            if kind.isText { return try text(operand, .json) }
            if kind.isWholeNumber { return .call("INT64", operand) }
            if kind.isFloat { return .call("FLOAT64", operand) }
            if kind == .boolean { return .call("BOOL", operand) }
            if kind == .numeric { return .cast(.call("FLOAT64", operand), to: .numeric) }
        case (_, .bytes):
            if let text = operand.stringLiteral, let bytes = Self.bytes(hex: text) {
                return .literal(Literal(value: .bytes(bytes)))
            }
            if from == .bytes { return operand }
            try refuse("a text that is read as bytea", "Write decode(text, 'hex').", at: cast.info.range)
        case (.bytes?, let kind) where kind.isText:
            return .call("CONCAT", .string("\\x"), .call("TO_HEX", operand))
        case (.float64?, .text), (.float32?, .text), (.numeric?, .text), (.timestamp?, .text), (.timestampTZ?, .text),
            (.time?, .text), (.interval?, .text):
            guard let from else { break }
            return try text(operand, from)
        case (_, .uuid):
            return .call("LOWER", from?.isText ?? false ? operand : .cast(operand, to: .text))
        case (_, .varchar):
            // A cast cuts the text off; GoogleSQL's would fail instead.
            guard let length = cast.type.parameters.first else { break }
            return .call("LEFT", from?.isText ?? false ? operand : .cast(operand, to: .text), .integer(length))
        case (_, .float64), (_, .float32):
            // A decimal constant is a float already.
            if case .literal(let literal) = operand, case .decimal = literal.value { return operand }
        case (_, .date) where DateTruncation.asDate(operand) != nil: return DateTruncation.asDate(operand)
        case (_, .date), (_, .time), (_, .timestamp), (_, .timestampTZ):
            if let text = operand.stringLiteral, !DateText.isStandard(text, cast.type.kind),
                !(cast.type.kind == .date && DateText.isStandard(text, .timestamp))
            {
                try refuse(
                    "'\(text)' as a \(cast.type.sql(source))", "Write it as 2026-11-23 12:34:56, or with a function.",
                    at: cast.info.range)
            }
        case (_, .array(let element)):
            if let text = operand.stringLiteral { return try array(text, of: element, at: cast.info.range) }
            // `ARRAY[]::int[]`
            guard case .array(var array) = operand, case .elements(let elements) = array.content, elements.isEmpty
            else { break }
            array.elementType = try type(element)
            return .array(array)
        default: break
        }
        return nil
    }

    /// `'{1,2}'::int[]`, where the elements are plain words: each is cast as it would be alone.
    private mutating func array(
        _ text: String, of element: DataType, at range: SourceRange
    ) throws(SQLError) -> Expression? {
        let inside = text.hasPrefix("{") && text.hasSuffix("}") ? text.dropFirst().dropLast() : "{"
        let words = inside.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
        let isPlain = words.allSatisfy { !$0.isEmpty && !$0.contains { "{}\"\\".contains($0) } }
        guard isPlain || inside.isEmpty else {
            try refuse("'\(text)' as an array", "Write ARRAY[…].", at: range)
            return nil
        }
        var elements: [Expression] = []
        for word in inside.isEmpty ? [] : words {
            let value: Expression = word.lowercased() == "null" ? .null : .string(word)
            elements.append(try cast(Cast(operand: value, type: element)))
        }
        return .array(
            ArrayConstructor(content: .elements(elements), elementType: try type(element), hasKeyword: Spelling(true)))
    }

    /// A value as PostgreSQL writes it: floats that are whole without a point, seconds without zeros at their end.
    mutating func text(_ operand: Expression, _ kind: DataType.Kind) throws(SQLError) -> Expression {
        switch kind {
        case .float64, .float32: return try Self.floatText.filled(with: [operand])
        case .timestamp, .timestampTZ, .time: return try Self.momentText.filled(with: [operand])
        case .numeric:
            try refuse(
                "a numeric as text",
                "PostgreSQL keeps the zeros at its end. Round it, and cast it to a float or an integer.",
                at: operand.info.range)
        case .interval: try refuse("an interval as text", "Write its parts with EXTRACT.", at: operand.info.range)
        case .json, .jsonb:
            try refuse(
                "a JSON document as text", "PostgreSQL writes blanks into it. Write ->> for a value of it.",
                at: operand.info.range)
        default: break
        }
        return .cast(operand, to: .text)
    }

    private static let floatText = FunctionForm(#"REGEXP_REPLACE(CAST($1 AS STRING), r'\.0$', '')"#, .bigQuery)
    private static let momentText = FunctionForm(
        #"REGEXP_REPLACE(CAST($1 AS STRING), r'(\.[0-9]*[1-9])0+', r'\1')"#, .bigQuery)

    /// Casts that have a form of their own in PostgreSQL.
    private mutating func castToPostgres(_ cast: Cast, _ from: DataType.Kind?) throws(SQLError) -> Expression? {
        if cast.format != nil { return try formatted(cast, from) }
        let operand = cast.operand
        switch (from, cast.type.kind) {
        case (.bytes?, .text): return .call("convert_from", operand, .string("UTF8"))
        case (.float64?, .text): return try Self.floatTextToPostgres.filled(with: [operand])
        case (.numeric?, .text), (.bigNumeric?, .text): return .cast(.call("trim_scale", operand), to: .text)
        case (.timestamp?, .text): return try Self.localText.filled(with: [operand])
        case (.timestampTZ?, .text): return try Self.instantText.filled(with: [operand])
        case (.interval?, .text):
            try refuse("an interval as text", "Write its parts with EXTRACT.", at: cast.info.range)
        case (.boolean?, .int64): return .cast(.cast(operand, to: .int32), to: .int64)
        case (.text?, .bytes): return .call("convert_to", operand, .string("UTF8"))
        case (.text?, .int64) where cast.safe: return guarded(cast, matching: #"^\s*[-+]?\d{1,18}\s*$"#)
        case (.text?, .float64) where cast.safe, (.text?, .numeric) where cast.safe,
            (.text?, .bigNumeric) where cast.safe:
            return guarded(cast, matching: #"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?\s*$"#)
        case (.text?, .boolean) where cast.safe: return guarded(cast, matching: "^(?i:true|false)$")
        case (_, .text):
            if let length = cast.type.parameters.first {
                try refuse(
                    "a cast to STRING(\(length))", "Write CAST(… AS STRING), and check the length.", at: cast.info.range
                )
            }
        default: break
        }
        return nil
    }

    /// GoogleSQL writes a point into every float, and three or six digits of a fraction of a second, or none.
    private static let floatTextToPostgres = FunctionForm(
        #"regexp_replace($1::text, '^(-?[0-9]+)$', '\1.0')"#, .postgres)
    private static let localText = FunctionForm(Self.momentText(of: "$1"), .postgres)
    private static let instantText = FunctionForm(
        Self.momentText(of: "($1 AT TIME ZONE 'UTC')") + " || '+00'", .postgres)

    private static func momentText(of moment: String) -> String {
        """
        to_char(\(moment), CASE WHEN date_trunc('second', $1) = $1 THEN 'YYYY-MM-DD HH24:MI:SS'
        WHEN date_trunc('milliseconds', $1) = $1 THEN 'YYYY-MM-DD HH24:MI:SS.MS' ELSE 'YYYY-MM-DD HH24:MI:SS.US' END)
        """
    }

    /// A cast of texts that look right; the others are null.
    private func guarded(_ cast: Cast, matching pattern: String) -> Expression {
        let kind = TypeMapping.kind(cast.type.kind, .toPostgres) ?? cast.type.kind
        let branch = Conditional.Branch(
            condition: .binary(cast.operand, .matches, .string(pattern)), result: .cast(cast.operand, to: kind))
        return .conditional(Conditional(branches: [branch]))
    }

    /// True when a cast between these types of PostgreSQL never fails.
    private func safelyCast(_ from: DataType.Kind, to kind: DataType.Kind) -> Bool {
        if kind.isText || from == kind { return true }
        if from.isWholeNumber { return kind.isNumber }
        switch (from, kind) {
        case (.date, .timestamp), (.date, .timestampTZ), (.timestamp, .date), (.timestampTZ, .date),
            (.timestamp, .timestampTZ), (.timestampTZ, .timestamp):
            return true
        default: return false
        }
    }

    /// `CAST(x AS STRING FORMAT 'YYYY-MM-DD')`: the codes are those of to_char, as far as these go.
    private mutating func formatted(_ cast: Cast, _ from: DataType.Kind?) throws(SQLError) -> Expression? {
        let known: Set<Substring> = [
            "YYYY", "MM", "DD", "HH24", "HH12", "HH", "MI", "SS", "AM", "PM", "MON", "MONTH", "DDD", "CC",
        ]
        guard let text = cast.format?.stringLiteral, cast.formatTimeZone == nil,
            text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).allSatisfy({ known.contains($0) })
        else {
            try refuse("CAST with this FORMAT", "Write FORMAT_TIMESTAMP or PARSE_TIMESTAMP.", at: cast.info.range)
            return .cast(cast)
        }
        switch cast.type.kind {
        case .text where from != nil && from != .bytes: return .call("to_char", cast.operand, .string(text))
        case .date: return .call("to_date", cast.operand, .string(text))
        case .timestampTZ: return .call("to_timestamp", cast.operand, .string(text))
        case .timestamp: return .cast(.call("to_timestamp", cast.operand, .string(text)), to: .timestamp)
        default:
            try needType(of: cast.operand, for: "CAST with FORMAT")
            return .cast(cast)
        }
    }

    /// The bytes of `\x0aff`; nil for any other text.
    private static func bytes(hex text: String) -> [UInt8]? {
        guard text.hasPrefix("\\x") else { return nil }
        let digits = Array(text.utf8.dropFirst(2))
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
