// Numbers keep the text they were written in until the column's type is known: no digit is lost on the way.

/// A number of the message by its parts.
struct NumberSpan {
    let start: Int
    let end: Int
    let isNegative: Bool
    /// Digits before the point, and after it; the latter is empty without a point.
    let whole: Range<Int>
    let fraction: Range<Int>
    /// 0 without one; huge ones are cut to ±1,000,000.
    let exponent: Int
}

extension JSONScanner {
    /// Digits that PostgreSQL's numeric has room for, before and after the point.
    static let wholeDigitsMax = 131_072
    static let fractionDigitsMax = 16_383

    /// Passes a number that PostgreSQL's numeric can hold.
    @inline(__always)
    mutating func number() throws(Fault) -> NumberSpan {
        let start = position
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let whole = position..<passDigits()
        guard !whole.isEmpty else { throw fault(position < count ? .unexpectedByte : .unexpectedEnd) }
        if bytes[whole.lowerBound] == UInt8(ascii: "0"), whole.count > 1 {
            position = whole.lowerBound + 1
            throw fault(.badNumber)
        }
        guard position < count, bytes[position] == UInt8(ascii: ".") || bytes[position] | 0x20 == UInt8(ascii: "e")
        else {
            guard whole.count <= Self.wholeDigitsMax else { throw fault(.outOfRange, at: start) }
            return NumberSpan(
                start: start, end: position, isNegative: isNegative, whole: whole, fraction: position..<position,
                exponent: 0)
        }
        return try numberWithMore(start: start, isNegative: isNegative, whole: whole)
    }

    private mutating func numberWithMore(
        start: Int, isNegative: Bool, whole: Range<Int>
    ) throws(Fault) -> NumberSpan {
        var fraction = position..<position
        if bytes[position] == UInt8(ascii: ".") {
            position += 1
            fraction = position..<passDigits()
            guard !fraction.isEmpty else { throw fault(.badNumber) }
        }
        var exponent = 0
        if position < count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            let isDown = try peek() == UInt8(ascii: "-")
            if isDown || bytes[position] == UInt8(ascii: "+") { position += 1 }
            let digits = position..<passDigits()
            guard !digits.isEmpty else { throw fault(.badNumber) }
            for index in digits { exponent = min(1_000_000, exponent * 10 + Int(bytes[index] - UInt8(ascii: "0"))) }
            if isDown { exponent = -exponent }
        }
        guard whole.count + exponent <= Self.wholeDigitsMax, fraction.count - exponent <= Self.fractionDigitsMax else {
            throw fault(.outOfRange, at: start)
        }
        return NumberSpan(
            start: start, end: position, isNegative: isNegative, whole: whole, fraction: fraction, exponent: exponent)
    }

    /// Moves past digits; returns where they end.
    @inline(__always)
    private mutating func passDigits() -> Int {
        while position < count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        return position
    }

    /// How many digits the number needs before and after the point, without zeros at the ends. 0.050 needs 0 and 2.
    func digitsNeeded(_ number: NumberSpan) -> (whole: Int, fraction: Int) {
        var first: Int?
        var last = 0
        var index = 0
        for range in [number.whole, number.fraction] {
            for place in range {
                if bytes[place] != UInt8(ascii: "0") {
                    if first == nil { first = index }
                    last = index
                }
                index += 1
            }
        }
        guard let first else { return (0, 0) }
        let point = number.whole.count + number.exponent
        return (max(0, point - first), max(0, last + 1 - point))
    }

    enum IntegerValue {
        case value(Int64), tooLarge, notWhole
    }

    /// The number as an integer, when it is one: 5, 5.0 and 0.5e1 are.
    @inline(__always)
    func integer(_ number: NumberSpan) -> IntegerValue {
        if number.fraction.isEmpty, number.exponent == 0, number.whole.count <= 18 {
            var value: Int64 = 0
            for index in number.whole { value = value * 10 + Int64(bytes[index] - UInt8(ascii: "0")) }
            return .value(number.isNegative ? -value : value)
        }
        return integerWithCare(number)
    }

    private func integerWithCare(_ number: NumberSpan) -> IntegerValue {
        let needed = digitsNeeded(number)
        guard needed.fraction == 0 else { return .notWhole }
        guard needed.whole <= 19 else { return .tooLarge }
        let point = number.whole.count + number.exponent
        var value: Int64 = 0
        for place in max(0, point - needed.whole)..<max(0, point) {
            let digit: Int64
            if place < number.whole.count {
                digit = Int64(bytes[number.whole.lowerBound + place] - UInt8(ascii: "0"))
            } else if place - number.whole.count < number.fraction.count {
                digit = Int64(bytes[number.fraction.lowerBound + place - number.whole.count] - UInt8(ascii: "0"))
            } else {
                digit = 0
            }
            // Downwards, because the smallest integer has no positive twin.
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowNext) = shifted.subtractingReportingOverflow(digit)
            if overflow || overflowNext { return .tooLarge }
            value = next
        }
        if number.isNegative { return .value(value) }
        return value == .min ? .tooLarge : .value(-value)
    }

    /// The nearest double; infinite when there is none.
    func double(_ number: NumberSpan) -> Double {
        let digits = number.whole.count + number.fraction.count
        let power = number.exponent - number.fraction.count
        if digits <= 15, abs(power) <= 22 {
            var mantissa: Int64 = 0
            for index in number.whole { mantissa = mantissa * 10 + Int64(bytes[index] - UInt8(ascii: "0")) }
            for index in number.fraction { mantissa = mantissa * 10 + Int64(bytes[index] - UInt8(ascii: "0")) }
            let magnitude = power < 0 ? Double(mantissa) / Self.powers[-power] : Double(mantissa) * Self.powers[power]
            return number.isNegative ? -magnitude : magnitude
        }
        let text = UnsafeBufferPointer(start: bytes + number.start, count: number.end - number.start)
        return Double(String(decoding: text, as: UTF8.self)) ?? .infinity
    }

    /// Powers of ten that a double holds exactly: with a mantissa below 2⁵³ one rounding is all there is.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
