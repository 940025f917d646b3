// FieldPlan: a contract's properties as the decoder's hot path needs them. Plain values in memory of their own: a look at
// one touches no reference count, which would cost more than reading the field does.

/// One property.
struct FieldPlan {
    let logicalType: LogicalType
    let columnType: ColumnType
    let isRequired: Bool
    let holdsMessage: Bool
    /// Whether `rules` says anything about length, or about bounds.
    let limitsLength: Bool
    let limitsValue: Bool
    let rules: Property.Rules
    /// The name's bytes, owned by the `FieldPlans` that this plan is of.
    let name: UnsafePointer<UInt8>
    let nameLength: Int
    /// The name's first bytes, eight at most, and which bits of a word they fill.
    let nameWord: UInt64
    let nameMask: UInt64

    init(_ property: Property, name: UnsafePointer<UInt8>, nameLength: Int) {
        logicalType = property.logicalType
        columnType = property.columnType
        isRequired = property.isRequired
        holdsMessage = property.holdsMessage
        rules = property.rules
        limitsLength = rules.minimumLength != nil || rules.maximumLength != nil
        limitsValue = rules.minimum != nil || rules.maximum != nil
        self.name = name
        self.nameLength = nameLength
        var word: UInt64 = 0
        for index in 0..<min(8, nameLength) { word |= UInt64(name[index]) << UInt64(8 * index) }
        nameWord = word
        nameMask = nameLength >= 8 ? .max : (1 << UInt64(8 * nameLength)) - 1
    }

    /// Whether the field of the message whose name has no escapes is this one.
    @inline(__always)
    func isNamed(_ span: StringSpan, _ scanner: JSONScanner) -> Bool {
        guard span.end - span.start == nameLength else { return false }
        let found = scanner.bytes + span.start
        var compared = 0
        if span.start + 8 <= scanner.count {
            let word = UInt64(littleEndian: UnsafeRawPointer(found).loadUnaligned(as: UInt64.self))
            guard word & nameMask == nameWord else { return false }
            compared = 8
        }
        while compared < nameLength {
            guard found[compared] == name[compared] else { return false }
            compared += 1
        }
        return true
    }
}

/// The plans of a contract's properties, in their order, and the memory that they lie in.
final class FieldPlans {
    let count: Int
    let first: UnsafeMutablePointer<FieldPlan>
    private let names: UnsafeMutablePointer<UInt8>

    init(_ properties: [Property]) {
        // A column that holds the message is not a field of it: 0xFF is no UTF-8, so no field has that name.
        let texts = properties.map { $0.holdsMessage ? [0xFF] : Array($0.name.utf8) }
        count = properties.count
        first = .allocate(capacity: max(1, count))
        names = .allocate(capacity: max(1, texts.reduce(0) { $0 + $1.count }))
        var start = 0
        for (index, text) in texts.enumerated() {
            (names + start).initialize(from: text, count: text.count)
            let plan = FieldPlan(properties[index], name: names + start, nameLength: text.count)
            (first + index).initialize(to: plan)
            start += text.count
        }
    }

    deinit {
        first.deallocate()
        names.deallocate()
    }
}
