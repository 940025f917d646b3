import OrderedCollections

/// Puts the properties of a `MODEL (…)` block into a definition.
struct ModelProperties {
    let source: SourceFile

    func apply(_ properties: [PropertyScanner.Property], to model: inout ModelDefinition) throws(PipelineError) {
        for property in properties { try apply(property, to: &model) }
        if let time = model.kind.timeRange, !model.columns.isEmpty, model.columns[time.timeColumn] == nil {
            throw source.error(at: 0, "The time column \(time.timeColumn) is not among `columns`.")
        }
    }

    private func apply(_ property: PropertyScanner.Property, to model: inout ModelDefinition) throws(PipelineError) {
        switch property.name {
        case "name":
            guard let name = ModelName(property.plain) else {
                throw error(property, "`\(property.plain)` is not a model's name. Write it as schema.name.")
            }
            model.name = name
        case "kind": model.kind = try kind(property.text, at: property.offset)
        case "dialect": model.dialect = property.plain.lowercased()
        case "cron": model.cron = property.plain
        case "cron_tz": model.cronTimeZone = property.plain
        case "start":
            guard let start = Moment(property.plain) else {
                throw error(property, "`\(property.plain)` is not a date. Write it as '2025-01-31'.")
            }
            model.start = start
        case "interval_unit":
            guard let unit = IntervalUnit(rawValue: property.plain.lowercased()) else {
                let known = IntervalUnit.allCases.map(\.rawValue).joined(separator: ", ")
                throw error(property, "`\(property.plain)` is not an interval unit. Known: \(known).")
            }
            model.intervalUnit = unit
        case "allow_partials": model.allowPartials = try boolean(property.text, at: property.offset)
        case "owner": model.owner = property.plain
        case "description": model.description = property.plain
        case "tags": model.tags = try property.elements(in: source).map { $0.trimmingQuotes() }
        case "grain", "grains": model.grain = try property.elements(in: source).map { $0.trimmingQuotes() }
        case "depends_on": model.dependsOn = try property.elements(in: source).map { $0.trimmingQuotes() }
        case "columns":
            for element in try property.elements(in: source) {
                guard let space = element.firstIndex(where: \.isWhitespace) else {
                    throw error(property, "The column `\(element)` has no type.")
                }
                let name = String(element[..<space]).trimmingQuotes()
                model.columns[name] = element[space...].trimmingPrefix(while: \.isWhitespace).description
            }
        case "column_descriptions":
            for element in try property.elements(in: source) {
                let (name, text) = try assignment(element, at: property.offset)
                model.columnDescriptions[name] = text.trimmingQuotes()
            }
        case "audits":
            for element in try auditElements(property) {
                model.audits.append(try auditCall(element, at: property.offset))
            }
        // Said for people or for engines that have them; nothing follows from them on PostgreSQL.
        case "enabled", "references", "partitioned_by", "clustered_by": break
        default:
            throw source.error(
                at: property.nameOffset,
                "Unknown property `\(property.name)`. Known: name, kind, dialect, cron, cron_tz, start, interval_unit, "
                    + "allow_partials, owner, description, column_descriptions, tags, grain, columns, depends_on, audits, "
                    + "enabled, references, partitioned_by, clustered_by.")
        }
    }

    /// `VIEW`, `FULL` or `INCREMENTAL_BY_TIME_RANGE (time_column x, …)`.
    func kind(_ text: String, at offset: Int) throws(PipelineError) -> ModelKind {
        let name = text.prefix { $0.isLetter || $0 == "_" }.uppercased()
        switch name {
        case "VIEW": return .view
        case "FULL": return .full
        case "INCREMENTAL_BY_TIME_RANGE": return .incrementalByTimeRange(try timeRange(text, at: offset))
        default:
            throw source.error(
                at: offset, "The kind `\(name)` is not supported. Known: VIEW, FULL, INCREMENTAL_BY_TIME_RANGE.")
        }
    }

    private func timeRange(_ text: String, at offset: Int) throws(PipelineError) -> TimeRangeOptions {
        let inner = SourceFile(path: source.path, text: String(text.drop { $0 != "(" }))
        guard !inner.text.isEmpty else {
            throw source.error(at: offset, "INCREMENTAL_BY_TIME_RANGE needs (time_column name).")
        }
        var scanner = PropertyScanner(inner)
        var options = TimeRangeOptions(timeColumn: "")
        do throws(PipelineError) {
            for property in try scanner.properties() {
                switch property.name {
                case "time_column":
                    let parts = try property.elements(in: inner)
                    options.timeColumn = (parts.first ?? "").trimmingQuotes().lowercased()
                    options.timeFormat = parts.count > 1 ? parts[1].trimmingQuotes() : nil
                case "lookback": options.lookback = try count(property.text, name: "lookback", from: 0)
                case "batch_size": options.batchSize = try count(property.text, name: "batch_size", from: 1)
                // Rows come out the same with any of these: batches of one model run one after the other here.
                case "batch_concurrency", "partition_by_time_column": break
                default:
                    throw PipelineError(
                        file: source.path,
                        message:
                            "`\(property.name)` of INCREMENTAL_BY_TIME_RANGE is not supported. Known: time_column, "
                            + "lookback, batch_size, batch_concurrency, partition_by_time_column.")
                }
            }
        } catch { throw source.error(at: offset, error.message) }
        guard !options.timeColumn.isEmpty else { throw source.error(at: offset, "This kind needs a time_column.") }
        return options
    }

    private func count(_ text: String, name: String, from minimum: Int) throws(PipelineError) -> Int {
        guard let value = Int(text), value >= minimum, value <= 100_000 else {
            throw PipelineError(file: source.path, message: "\(name) must be a number from \(minimum) to 100000.")
        }
        return value
    }

    /// A single call has parentheses of its own: `audits not_null(columns := (a))` is one element.
    private func auditElements(_ property: PropertyScanner.Property) throws(PipelineError) -> [String] {
        try property.elements(in: source)
    }

    /// `name`, or `name(argument := value, …)`.
    func auditCall(_ text: String, at offset: Int) throws(PipelineError) -> AuditCall {
        var name = String(text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }).lowercased()
        guard !name.isEmpty else {
            throw source.error(at: offset, "Expected the name of an audit instead of `\(text)`.")
        }
        var call = AuditCall(name: name, arguments: [:], blocking: nil, offset: offset)
        if name.hasSuffix("_non_blocking") {
            name = String(name.dropLast("_non_blocking".count))
            call.name = name
            call.blocking = false
        }
        let rest = text.drop { $0 != "(" }
        guard !rest.isEmpty else { return call }
        let bytes = Array(rest.utf8)
        let inner = SourceFile(path: source.path, text: String(rest))
        let list: [String]
        do throws(PipelineError) {
            list = try ArgumentList.scan(source: inner, bytes: bytes, openedAt: 0, end: bytes.count).arguments
        } catch { throw source.error(at: offset, error.message) }
        for element in list {
            let (argument, value) = try assignment(element, at: offset)
            if argument == "blocking" {
                call.blocking = try boolean(value, at: offset)
            } else if value.first == "(" || value.first == "[", value.last == ")" || value.last == "]" {
                let bytes = Array(value.utf8)
                let file = SourceFile(path: source.path, text: value)
                let list = try ArgumentList.scan(source: file, bytes: bytes, openedAt: 0, end: bytes.count)
                // `(a + b) * (c)` starts and ends with parentheses and is no list.
                call.arguments[argument] = list.end == bytes.count ? .list(list.arguments) : .expression(value)
            } else {
                call.arguments[argument] = .expression(value)
            }
        }
        return call
    }

    /// `name := value`, `name = value` or `name => value`.
    private func assignment(_ text: String, at offset: Int) throws(PipelineError) -> (String, String) {
        for sign in [":=", "=>", "="] {
            guard let range = text.range(of: sign) else { continue }
            let name = ArgumentList.trimmed(Array(text[..<range.lowerBound].utf8)[...])
            let value = ArgumentList.trimmed(Array(text[range.upperBound...].utf8)[...])
            let isName = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "\"" }
            if isName, !name.isEmpty, !value.isEmpty { return (name.trimmingQuotes().lowercased(), value) }
        }
        throw source.error(at: offset, "Expected `name := value` instead of `\(text)`.")
    }

    private func boolean(_ text: String, at offset: Int) throws(PipelineError) -> Bool {
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw source.error(at: offset, "Expected true or false instead of `\(text)`.")
        }
    }

    private func error(_ property: PropertyScanner.Property, _ message: String) -> PipelineError {
        source.error(at: property.offset, message)
    }
}
