import Spelling
import Yams

extension Contract {
    /// Reads a contract: ODCS v3, the subset that this module's README lists.
    /// - Parameters:
    ///   - yaml: The text of the file, one document.
    ///   - file: The file as the reader knows it, for messages.
    /// - Throws: `ContractError` with everything that is wrong.
    public init(yaml: String, file: String) throws(ContractError) {
        let problems = ContractProblems()
        let root = ContractNode(node: try Self.compose(yaml, file: file), path: "", problems: problems)
        let reader = ContractReader(root: root)
        let contract = reader.contract(file: file)
        guard problems.found.isEmpty, let contract else {
            throw ContractError(file: file, problems: problems.found)
        }
        self = contract
    }

    private static func compose(_ yaml: String, file: String) throws(ContractError) -> Node {
        let problem: ContractProblem
        do {
            if let node = try Yams.compose(yaml: yaml), node.mapping != nil { return node }
            problem = ContractProblem(
                line: nil, column: nil, path: "",
                message: "Expected a contract: `apiVersion: v3.0.2`, `kind: DataContract` …")
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _),
                .composer(_, let text, let mark, _):
                problem = ContractProblem(
                    line: mark.line, column: mark.column, path: "", message: "Not valid YAML: \(text).")
            default: problem = ContractProblem(line: nil, column: nil, path: "", message: "Not valid YAML: \(error)")
            }
        } catch {
            problem = ContractProblem(line: nil, column: nil, path: "", message: "Not valid YAML: \(error)")
        }
        throw ContractError(file: file, problems: [problem])
    }
}

/// Walks the document in its order. Values that are wrong are replaced by something harmless after they were noted.
private struct ContractReader {
    let root: ContractNode

    /// The contract, or nil when there is not even a table to speak of.
    func contract(file: String) -> Contract? {
        checkHeader()
        checkKeys()
        let tables = root["schema"].list
        guard let table = tables.first, tables.count == 1 else {
            root["schema"].problem(
                "Expected exactly one object: a contract file describes one topic and the table it lands in.")
            return nil
        }
        let properties = table["properties"].list.map(PropertyReader.property)
        if properties.isEmpty { table["properties"].problem("Expected at least one property.") }
        checkNames(properties, table["properties"])
        let settings = CustomProperties(table["customProperties"])
        let contract = Contract(
            file: file, id: root["id"].requiredText("the contract's id, a UUID or a name"),
            version: root["version"].requiredText("the contract's version, such as 1.0.0"),
            description: root["description"]["purpose"].text,
            topic: topic(table, settings), table: tableName(table), tableDescription: table["description"].text,
            properties: properties, eventTime: settings.text("eventTime"), key: settings.text("key"),
            rowRetention: rowRetention(settings), uniqueWindow: uniqueWindow(properties, settings),
            plausibleTimes: plausibleTimes(settings))
        checkRoles(contract, settings)
        settings.refuseOthers(than: [
            "partitions", "replicationFactor", "eventTime", "eventTimeEarliest", "eventTimeLatest", "key", "retention",
            "uniqueWindow",
        ])
        return contract
    }

    private func checkHeader() {
        if root["kind"].requiredText("kind: DataContract") != "DataContract", root["kind"].isPresent {
            root["kind"].problem("Expected DataContract.")
        }
        let version = root["apiVersion"].requiredText("apiVersion: v3.0.2")
        if root["apiVersion"].isPresent, !version.hasPrefix("v3.") {
            root["apiVersion"].problem("Expected version 3 of the Open Data Contract Standard, such as v3.0.2.")
        }
    }

    /// Of everything outside of `properties`, whose reader looks at theirs.
    private func checkKeys() {
        root.refuseOthers(than: ContractVocabulary.root)
        root["description"].refuseOthers(than: ContractVocabulary.description)
        for table in root["schema"].list { table.refuseOthers(than: ContractVocabulary.object) }
        for rule in root["slaProperties"].list {
            rule.refuseOthers(than: ContractVocabulary.sla)
            // Others are for people and tools; one that is almost ours was meant to be ours.
            guard let name = rule["property"].node?.string, name != "retention" else { continue }
            let hint = KnownNames.hint(for: name, in: ["retention"])
            if !hint.isEmpty { rule["property"].problem("Not known.\(hint)") }
        }
    }

    private func topic(_ table: ContractNode, _ settings: CustomProperties) -> Contract.Topic {
        let name = table["name"].requiredText("the topic's name")
        if !name.isEmpty, !ContractNames.isTopic(name) {
            table["name"].problem(
                "\(name) cannot be a topic: up to 200 letters, digits, dots, underscores and hyphens, not . or ..")
        }
        let partitions = settings.node("partitions")
        return Contract.Topic(
            name: name, partitions: partitions?.integer(in: 1...10_000) ?? 1,
            replicationFactor: settings.node("replicationFactor")?.integer(in: 1...100), retention: retention())
    }

    /// `slaProperties: [{property: retention, value: 7, unit: d}]`.
    private func retention() -> Duration? {
        guard let rule = root["slaProperties"].list.first(where: { $0["property"].node?.string == "retention" }) else {
            return nil
        }
        guard rule["value"].isPresent else {
            rule["value"].problem("Missing: how long, a whole number.")
            return nil
        }
        guard let value = rule["value"].integer(in: 1...1_000_000) else { return nil }
        switch rule["unit"].requiredText("the unit: d, h, m or y") {
        case "m", "minute", "minutes": return .seconds(value * 60)
        case "h", "hour", "hours": return .seconds(value * 3600)
        case "d", "day", "days": return .seconds(value * 86_400)
        case "y", "year", "years": return .seconds(value * 365 * 86_400)
        default:
            rule["unit"].problem("Expected d (days), h (hours), m (minutes) or y (years).")
            return nil
        }
    }

    /// `{property: retention, value: 90 days}`: of rows, where `slaProperties` speaks of messages.
    private func rowRetention(_ settings: CustomProperties) -> Duration? {
        guard let node = settings.node("retention"), let period = node.period else { return nil }
        guard period.components.seconds % 86_400 == 0 else {
            node.problem("Expected whole days, such as 90 days: rows go a day at a time.")
            return nil
        }
        return period
    }

    /// `{property: uniqueWindow, value: 1 hour}`: for the one property with `unique: true`.
    private func uniqueWindow(_ properties: [Property], _ settings: CustomProperties) -> Contract.UniqueWindow? {
        guard let node = settings.node("uniqueWindow"), let window = node.period else { return nil }
        let unique = properties.filter(\.isUnique)
        guard let property = unique.first, unique.count == 1 else {
            node.problem("Expected exactly one property with unique: true; there are \(unique.count).")
            return nil
        }
        return Contract.UniqueWindow(column: property.column, window: window)
    }

    /// `{property: eventTimeEarliest, value: 2018-01-01}`, `{property: eventTimeLatest, value: now + 1 day}`.
    private func plausibleTimes(_ settings: CustomProperties) -> Contract.PlausibleTimes {
        let nodes = (earliest: settings.node("eventTimeEarliest"), latest: settings.node("eventTimeLatest"))
        var times = Contract.PlausibleTimes.usual
        if let bound = nodes.earliest?.bound(isEnd: false) { times.earliest = bound }
        if let bound = nodes.latest?.bound(isEnd: true) { times.latest = bound }
        guard let node = nodes.latest ?? nodes.earliest else { return times }
        if settings.node("eventTime") == nil {
            node.problem("There is no eventTime whose values this could be about.")
        }
        switch (times.earliest, times.latest) {
        case (.moment(let earliest), .moment(let latest)) where earliest > latest,
            (.now(let earliest), .now(let latest)) where earliest > latest:
            node.problem("No event can be \(times).")
        default: break
        }
        return times
    }

    private func tableName(_ table: ContractNode) -> Contract.TableName {
        let node = table["physicalName"]
        let text = node.requiredText("the table: raw.<name>")
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy(ContractNames.isColumn) else {
            if node.isPresent { node.problem("Expected schema.table in small letters, such as raw.events.") }
            return Contract.TableName(schema: "raw", name: "")
        }
        if parts[1].hasPrefix("_") { node.problem("Tables whose names start with _ are the sink's own.") }
        return Contract.TableName(schema: parts[0], name: parts[1])
    }

    private func checkNames(_ properties: [Property], _ node: ContractNode) {
        var names: Set<String> = []
        var columns: Set<String> = []
        for (property, place) in zip(properties, node.list) {
            if !names.insert(property.name).inserted {
                place["name"].problem("There is another property \(property.name) above.")
            } else if !columns.insert(property.column).inserted {
                place.problem("There is another column \(property.column) above.")
            }
        }
    }

    private func checkRoles(_ contract: Contract, _ settings: CustomProperties) {
        if let name = contract.eventTime {
            let property = contract.property(name)
            if property?.logicalType != .timestamp || property?.isRequired != true {
                settings.node("eventTime")?.problem(
                    "\(name) must be a property of logicalType timestamp with required: true.")
            }
        }
        if let name = contract.key {
            let property = contract.property(name)
            if property?.logicalType != .string || property?.isRequired != true {
                settings.node("key")?.problem("\(name) must be a property of logicalType string with required: true.")
            }
        }
    }
}
