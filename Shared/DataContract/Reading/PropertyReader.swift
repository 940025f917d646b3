/// Reads one member of `properties`.
enum PropertyReader {
    static func property(_ node: ContractNode) -> Property {
        node.refuseOthers(than: ContractVocabulary.property)
        let name = node["name"].requiredText("the field's name")
        let column = node["physicalName"].text ?? name
        if !column.isEmpty { check(column: column, node) }
        let logicalType = logicalType(node["logicalType"])
        return Property(
            name: name, column: column, logicalType: logicalType,
            columnType: columnType(node["physicalType"], logicalType),
            isRequired: node["required"].flag ?? (node["primaryKey"].flag ?? false),
            isUnique: node["unique"].flag ?? (node["primaryKey"].flag ?? false), description: node["description"].text,
            rules: rules(node["logicalTypeOptions"], logicalType), holdsMessage: holdsMessage(node, logicalType))
    }

    /// `customProperties: [{property: content, value: message}]`.
    private static func holdsMessage(_ node: ContractNode, _ type: LogicalType) -> Bool {
        let settings = CustomProperties(node["customProperties"])
        settings.refuseOthers(than: ["content"])
        guard let content = settings.node("content") else { return false }
        guard content.requiredText("what the column holds: message") == "message", type == .object else {
            content.problem("Expected content: message, on a property of logicalType object.")
            return false
        }
        return true
    }

    private static func check(column: String, _ node: ContractNode) {
        let place = node["physicalName"].isPresent ? node["physicalName"] : node["name"]
        if column.hasPrefix("_") {
            place.problem("Columns whose names start with _ are the sink's own. Give the column another physicalName.")
        } else if !ContractNames.isColumn(column) {
            place.problem(
                "\(column) cannot be a column: small letters, digits and underscores, 63 at most. Give it a physicalName."
            )
        }
    }

    private static func logicalType(_ node: ContractNode) -> LogicalType {
        let text = node.requiredText("the field's type: \(names)")
        guard let type = LogicalType(rawValue: text) else {
            if node.isPresent { node.problem("Expected one of \(names).") }
            return .string
        }
        return type
    }

    private static var names: String { LogicalType.allCases.map(\.rawValue).joined(separator: ", ") }

    private static func columnType(_ node: ContractNode, _ logicalType: LogicalType) -> ColumnType? {
        guard let text = node.text else { return nil }
        let allowed = logicalType.columnTypes.sorted().joined(separator: ", ")
        guard let type = ColumnType(text), logicalType.columnTypes.contains(type.family) else {
            node.problem(
                "A property of logicalType \(logicalType.rawValue) can be stored as \(allowed), not as \(text).")
            return nil
        }
        return type
    }

    private static func rules(_ node: ContractNode, _ type: LogicalType) -> Property.Rules {
        var rules = Property.Rules()
        guard node.isPresent else { return rules }
        for (key, value) in node.entries {
            switch (key, type) {
            case ("minLength", .string): rules.minimumLength = value.integer(in: 0...1_000_000_000)
            case ("maxLength", .string): rules.maximumLength = value.integer(in: 0...1_000_000_000)
            case ("minimum", .integer), ("minimum", .number): rules.minimum = value.number
            case ("maximum", .integer), ("maximum", .number): rules.maximum = value.number
            default:
                value.problem(
                    "Not checked by Millrace for logicalType \(type.rawValue); take it out, or put it into quality.")
            }
        }
        return rules
    }
}

/// What may be a name.
enum ContractNames {
    /// A column or table that needs no quotes: small letters, digits, underscores, at most 63 bytes.
    static func isColumn(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 63 else { return false }
        return (isSmall(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isSmall($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// A topic whose `.dead-letters` is a topic too (Kafka allows 249 bytes).
    static func isTopic(_ text: String) -> Bool {
        guard text != ".", text != "..", (1...200).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            isSmall(byte) || isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
        }
    }

    private static func isSmall(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
