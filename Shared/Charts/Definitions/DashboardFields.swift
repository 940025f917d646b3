import Pipeline

/// The `key: value` lines of one YAML mapping, of which only known keys are allowed, each once.
struct DashboardFields {
    /// A named part: its key, and what is under it.
    struct Entry {
        let key: YAMLValue
        let value: YAMLValue
        var name: String { key.text }
        /// The name as a person would write it: `daily_users` becomes `Daily users`.
        var label: String {
            let words = name.split(separator: "_").joined(separator: " ")
            return words.prefix(1).uppercased() + words.dropFirst()
        }
    }

    private let owner: YAMLValue
    private let values: [String: YAMLValue]

    /// - Parameter known: The keys there may be; nil: any.
    init(_ value: YAMLValue, known: Set<String>?) throws(PipelineError) {
        var values: [String: YAMLValue] = [:]
        for (key, value) in try value.mapping() {
            if let known, !known.contains(key.text) {
                let listed = known.sorted().joined(separator: ", ")
                throw key.error("Unknown key `\(key.text)`. Known here: \(listed).")
            }
            if values.updateValue(value, forKey: key.text) != nil { throw key.error("`\(key.text)` is here twice.") }
        }
        owner = value
        self.values = values
    }

    subscript(_ key: String) -> YAMLValue? { values[key].flatMap { $0.isNull ? nil : $0 } }

    func required(_ key: String, of what: String) throws(PipelineError) -> YAMLValue {
        guard let value = self[key] else { throw owner.error("A \(what) needs `\(key)`.") }
        return value
    }

    func string(_ key: String) throws(PipelineError) -> String? { try self[key]?.string() }
    func flag(_ key: String) throws(PipelineError) -> Bool? { try self[key]?.boolean() }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(PipelineError) -> Int? {
        guard let value = self[key] else { return nil }
        guard let number = Int(try value.string()), range.contains(number) else {
            throw value.error("`\(key)` is a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Choice.Type
    ) throws(PipelineError) -> Choice? {
        guard let value = self[key] else { return nil }
        guard let choice = Choice(rawValue: try value.string()) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw value.error("Unknown \(key) `\(value.text)`. Known: \(known).")
        }
        return choice
    }

    func timeRange(_ key: String) throws(PipelineError) -> TimeRangeDefinition? {
        guard let value = self[key] else { return nil }
        guard let range = TimeRangeDefinition(try value.string()) else {
            throw value.error("Expected \(TimeRangeDefinition.forms).")
        }
        return range
    }

    /// The named parts below `key`, whose names are fit for addresses: letters, digits, `_` and `-`.
    func entries(_ key: String) throws(PipelineError) -> [Entry] {
        guard let value = self[key] else { return [] }
        var entries: [Entry] = []
        var seen: Set<String> = []
        for (key, value) in try value.mapping() {
            let isName = key.text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45
            }
            guard isName, (1...60).contains(key.text.utf8.count) else {
                throw key.error("`\(key.text)` is not a name: letters, digits, `_` and `-`, at most 60.")
            }
            guard seen.insert(key.text).inserted else { throw key.error("`\(key.text)` is here twice.") }
            entries.append(Entry(key: key, value: value))
        }
        return entries
    }
}

extension YAMLValue {
    /// Where this value starts.
    var place: DashboardPlace { DashboardPlace(file: file, line: node.mark?.line, column: node.mark?.column) }

    /// A list, or one value that stands for a list of it.
    func list() throws(PipelineError) -> [YAMLValue] {
        if node.scalar != nil, !isNull { return [self] }
        return try sequence()
    }
}
