// numeric in binary: groups of four decimal digits, their weight, a sign, and the digits shown behind the point.

extension CopyBuffer {
    /// `numeric`, from decimal text in UTF-8: `-12.50`, `1e-7`. Keeps every digit.
    /// - Returns: False, and appends nothing, when the text is no finite number or has an absurd number of digits.
    @discardableResult
    public mutating func append(numeric text: UnsafeRawBufferPointer) -> Bool {
        guard let number = DecimalText(text) else { return false }
        // Digits are aligned so that the decimal point falls between two groups of four.
        let pointAt = number.digitCount + number.exponent
        let lead = ((-pointAt % 4) + 4) % 4
        let groups = (lead + number.digitCount + 3) / 4
        let weight = (pointAt + lead) / 4 - 1
        guard groups <= Int(Int16.max), abs(weight) <= Int(Int16.max), number.scale <= 16_383 else { return false }
        let target = room(for: 12 + groups * 2)
        Self.store(Int32(8 + groups * 2), target)
        Self.store(Int16(groups), target + 4)
        Self.store(Int16(groups == 0 ? 0 : weight), target + 6)
        Self.store(Int16(number.isNegative && groups > 0 ? 0x4000 : 0), target + 8)
        Self.store(Int16(number.scale), target + 10)
        var digits = number.digits(of: text)
        for group in 0..<groups {
            var value: Int16 = 0
            for place in 0..<4 {
                let isLead = group == 0 && place < lead
                value = value * 10 + (isLead ? 0 : digits.next() ?? 0)
            }
            Self.store(value, target + 12 + group * 2)
        }
        advance(by: 12 + groups * 2)
        return true
    }

    /// `numeric`, from decimal text.
    /// - Returns: False, and appends nothing, when the text is no finite number.
    @discardableResult
    public mutating func append(numeric text: String) -> Bool {
        var text = text
        return text.withUTF8 { append(numeric: UnsafeRawBufferPointer($0)) }
    }
}

/// What a decimal text says, without its digits being copied.
private struct DecimalText {
    var isNegative = false
    /// Significant digits: those of the text without leading zeros.
    var digitCount = 0
    /// Power of ten of the last digit.
    var exponent = 0
    /// Digits to show behind the point.
    var scale: Int { max(0, -exponent) }
    private var firstDigit = 0

    init?(_ text: UnsafeRawBufferPointer) {
        var index = 0
        if let sign = text.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            index = 1
        }
        var seenDigit = false
        var seenPoint = false
        scan: while index < text.count {
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                seenDigit = true
                if digitCount == 0, text[index] == UInt8(ascii: "0") {
                    firstDigit = index + 1
                } else {
                    if digitCount == 0 { firstDigit = index }
                    digitCount += 1
                }
                if seenPoint { exponent -= 1 }
            case UInt8(ascii: ".") where !seenPoint: seenPoint = true
            default: break scan
            }
            index += 1
        }
        guard seenDigit else { return nil }
        if index < text.count {
            guard text[index] | 0x20 == UInt8(ascii: "e"), let power = Self.integer(text, from: index + 1) else {
                return nil
            }
            exponent += power
        }
    }

    /// The significant digits, first to last.
    func digits(of text: UnsafeRawBufferPointer) -> Digits { Digits(text: text, index: firstDigit, left: digitCount) }

    struct Digits {
        let text: UnsafeRawBufferPointer
        var index: Int
        var left: Int

        mutating func next() -> Int16? {
            guard left > 0 else { return nil }
            if text[index] == UInt8(ascii: ".") { index += 1 }
            defer {
                index += 1
                left -= 1
            }
            return Int16(text[index] - UInt8(ascii: "0"))
        }
    }

    private static func integer(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        var sign = 1
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            sign = text[index] == UInt8(ascii: "-") ? -1 : 1
            index += 1
        }
        guard index < text.count, text.count - index <= 5 else { return nil }
        var value = 0
        for byte in text[index...] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return sign * value
    }
}
