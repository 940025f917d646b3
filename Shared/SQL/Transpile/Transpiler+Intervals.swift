// Intervals, and sums of dates, times and intervals.

extension Transpiler {
    mutating func interval(_ interval: IntervalLiteral) throws(SQLError) -> Expression {
        direction == .toBigQuery ? try intervalToBigQuery(interval) : try intervalToPostgres(interval)
    }

    private mutating func intervalToBigQuery(_ interval: IntervalLiteral) throws(SQLError) -> Expression {
        guard let text = interval.value.stringLiteral,
            let span = IntervalText(text, from: interval.from, to: interval.to)
        else {
            try refuse("this interval", "Write it as INTERVAL '3 days'.", at: interval.info.range)
            return .interval(interval)
        }
        guard let unit = span.unit else {
            return .interval(
                IntervalLiteral(value: .string(span.fields), from: "YEAR", to: "SECOND", info: interval.info))
        }
        return .interval(IntervalLiteral(value: .integer(unit.count), from: unit.unit, info: interval.info))
    }

    private mutating func intervalToPostgres(_ interval: IntervalLiteral) throws(SQLError) -> Expression {
        let unit = interval.from ?? "DAY"
        if let count = interval.value.integerLiteral {
            return .interval(IntervalLiteral(value: .string(IntervalText.words(count, unit)), info: interval.info))
        }
        if let text = interval.value.stringLiteral {
            guard let span = IntervalText(text, fields: unit, interval.to) else {
                try refuse("this interval", "Write its parts as a sum.", at: interval.info.range)
                return .interval(interval)
            }
            return .interval(IntervalLiteral(value: .string(span.words), info: interval.info))
        }
        let one = Expression.interval(IntervalLiteral(value: .string(IntervalText.words(1, unit))))
        return .binary(interval.value, .multiply, typed(one, .interval))
    }

    // MARK: Sums

    /// `a + b` and `a - b` of PostgreSQL in GoogleSQL.
    mutating func sumToBigQuery(_ node: BinaryOperation) throws(SQLError) -> Expression {
        let isSum = node.operation == .add
        let node = try readingInterval(node)
        switch (type(of: node.left), type(of: node.right)) {
        case (.date?, .date?) where !isSum:
            return .call("DATE_DIFF", node.left, node.right, .timePart(TimePart(name: "DAY")))
        case (.date?, let type?) where type.isWholeNumber: return days(node.right, node.left, isSum)
        case (let type?, .date?) where isSum && type.isWholeNumber: return days(node.left, node.right, true)
        case (.timestampTZ?, .interval?): return try moment(node, node.left, node.right)
        case (.interval?, .timestampTZ?) where isSum: return try moment(node, node.right, node.left)
        case (.date?, .time?) where isSum: return .call("DATETIME", node.left, node.right)
        case (.json?, _), (.jsonb?, _):
            try refuse("taking a key from JSON with -", "Write JSON_REMOVE.", at: node.info.range)
        case (nil, nil) where !isSum: doubtDates(node)
        case (.date?, nil) where node.right.isTime == false:
            // A number or an interval, which are added in different ways.
            try needType(of: node.right, for: isSum ? "date +" : "date -")
        default: break
        }
        return .binary(numbers(node))
    }

    /// PostgreSQL reads a text that is added to a moment or an interval as an interval.
    private mutating func readingInterval(_ node: BinaryOperation) throws(SQLError) -> BinaryOperation {
        var node = node
        switch (type(of: node.left), type(of: node.right)) {
        case (.timestamp?, _) where node.operation == .add, (.timestampTZ?, _) where node.operation == .add,
            (.interval?, _):
            guard node.right.stringLiteral != nil else { break }
            node.right = typed(try interval(IntervalLiteral(value: node.right)), .interval)
        case (_, .timestamp?) where node.operation == .add, (_, .timestampTZ?) where node.operation == .add,
            (_, .interval?):
            guard node.left.stringLiteral != nil else { break }
            node.left = typed(try interval(IntervalLiteral(value: node.left)), .interval)
        default: break
        }
        return node
    }

    /// A date some days later or earlier.
    private func days(_ count: Expression, _ date: Expression, _ isSum: Bool) -> Expression {
        var count = count
        if case .cast(let cast) = count, cast.type.kind.isWholeNumber, type(of: cast.operand)?.isWholeNumber ?? false {
            count = cast.operand
        }
        let interval = Expression.interval(IntervalLiteral(value: count, from: "DAY"))
        return .call(isSum ? "DATE_ADD" : "DATE_SUB", date, interval)
    }

    /// A moment and an interval. GoogleSQL adds no months to a TIMESTAMP, only to a DATETIME.
    private mutating func moment(
        _ node: BinaryOperation, _ moment: Expression, _ span: Expression
    ) throws(SQLError) -> Expression {
        guard span.mayHaveMonths else { return .binary(node) }
        var node = node
        let local = Expression.cast(moment, to: .timestamp)
        if node.left == moment { node.left = local } else { node.right = local }
        return .cast(.binary(node), to: .timestampTZ)
    }

    /// `a + b` and `a - b` of GoogleSQL in PostgreSQL.
    mutating func sumToPostgres(_ node: BinaryOperation) throws(SQLError) -> Expression {
        if node.operation == .subtract, type(of: node.left) == nil, type(of: node.right) == nil { doubtDates(node) }
        guard type(of: node.left) == .date, node.operation == .subtract || node.operation == .add else {
            return .binary(numbers(node))
        }
        if node.operation == .subtract, type(of: node.right) == .date {
            // An interval; PostgreSQL's difference of dates is a number.
            return .binary(.cast(node.left, to: .timestamp), .subtract, .cast(node.right, to: .timestamp))
        }
        if let type = type(of: node.right), type.isWholeNumber {
            var node = node
            node.right = integer(node.right)
            return .binary(node)
        }
        return .binary(node)
    }

    /// A number that PostgreSQL adds to a date: of 32 bits.
    func integer(_ count: Expression) -> Expression {
        if count.integerLiteral != nil { return count }
        return .cast(count, to: .int32)
    }

    /// GoogleSQL's DATE_ADD and its like, whose interval is of PostgreSQL already.
    mutating func dateArithmetic(_ call: FunctionCall, sign: BinaryOperator) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2 else { return .function(call) }
        let isDate = call.name.name.lowercased().hasPrefix("date_")
        let operand = type(of: values[0])
        guard isDate, operand == nil || operand == .date || operand == .text else {
            return .binary(values[0], sign, values[1])
        }
        let date = operand == .date || values[0].isDate ? values[0] : .cast(values[0], to: .date)
        switch values[1] {
        case .interval(let interval):
            guard let text = interval.value.stringLiteral, let span = IntervalText(text) else { break }
            if span.months == 0, span.microseconds == 0 { return .binary(date, sign, .integer(span.days)) }
        case .binary(let product):
            guard case .interval(let interval) = product.right, let text = interval.value.stringLiteral,
                let span = IntervalText(text), span.months == 0, span.microseconds == 0
            else { break }
            let count = span.days == 1 ? product.left : .binary(product.left, .multiply, .integer(span.days))
            return .binary(date, sign, integer(count))
        default: break
        }
        return .cast(.binary(date, sign, values[1]), to: .date)
    }
}

extension IntervalText {
    /// Reads the text of GoogleSQL's `INTERVAL '1-2 3 4:5:6' YEAR TO SECOND`, whose fields go from the first unit to
    /// the last; nil for what does not fit.
    init?(_ text: String, fields first: String, _ last: String?) {
        guard let last else {
            self.init(text + " " + first)
            return
        }
        self.init()
        let units = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]
        guard let from = units.firstIndex(of: first), let to = units.firstIndex(of: last), from <= to else {
            return nil
        }
        var unit = from
        for word in text.split(separator: " ") {
            let isNegative = word.hasPrefix("-")
            let digits = word.drop { $0 == "-" || $0 == "+" }
            for field in digits.split(whereSeparator: { $0 == "-" || $0 == ":" }) {
                guard unit <= to, let part = IntervalText((isNegative ? "-" : "") + "\(field) \(units[unit])") else {
                    return nil
                }
                months += part.months
                days += part.days
                microseconds += part.microseconds
                unit += 1
            }
        }
        guard unit == to + 1 else { return nil }
    }
}

extension Expression {
    /// False for an interval that has certainly no months.
    fileprivate var mayHaveMonths: Bool {
        guard case .interval(let interval) = self, let unit = interval.from, interval.to == nil else {
            if case .interval = self { return true }
            return false
        }
        return unit == "YEAR" || unit == "QUARTER" || unit == "MONTH"
    }

    /// True for what is a date by its look.
    var isDate: Bool {
        switch self {
        case .typedLiteral(let literal): literal.type.kind == .date
        case .cast(let cast): cast.type.kind == .date
        case .function(let call): call.name.name.uppercased() == "CURRENT_DATE"
        default: false
        }
    }

    /// True for an interval by its look.
    fileprivate var isTime: Bool { if case .interval = self { true } else { false } }

    var isPlaceholder: Bool { if case .placeholder = self { true } else { false } }
}
