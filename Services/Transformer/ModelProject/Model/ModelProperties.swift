import OrderedCollections
import Pipeline
import Spelling

/// Puts the properties of a `MODEL (…)` block into a definition.
struct ModelProperties {
    let source: SourceFile
    /// What else of the project decides what they mean.
    var scope = ModelScope()

    func apply(_ properties: [PropertyScanner.Property], to model: inout ModelDefinition) throws(PipelineError) {
        for property in properties where property.name == "dialect" { model.dialect = property.plain.lowercased() }
        if let dialect = scope.defaults.dialectOverride { model.dialect = dialect }
        for property in properties { try apply(property, to: &model) }
        if let kind = properties.first(where: { $0.name == "kind" }) {
            if let refusal = refusal(ofKind: kind) {
                model.unsupported = error(kind, refusal)
            } else {
                model.kind = try self.kind(kind, dialect: model.dialect)
            }
        }
        if case .incrementalByTimeRange(var options) = model.kind, options.timeFormat == nil,
            let format = scope.defaults.timeColumnFormat, format != "%Y-%m-%d"
        {
            options.timeFormat = format
            model.kind = .incrementalByTimeRange(options)
        }
        noteWithoutEffect(&model)
        if let time = model.kind.timeRange, !model.columns.isEmpty, model.columns[time.timeColumn] == nil {
            throw model.error("kind", "The time column \(time.timeColumn) is not among `columns`.")
        }
    }

    /// What other kinds, or other engines, would follow.
    private func noteWithoutEffect(_ model: inout ModelDefinition) {
        switch model.kind {
        case .incrementalByPartition, .incrementalUnmanaged: break
        default:
            if !model.partitionedBy.isEmpty { model.withoutEffect["partitioned_by"] = model.offsets["partitioned_by"] }
        }
        if case .seed(let seed) = model.kind, seed.batchSize != nil {
            model.withoutEffect["batch_size"] = model.offsets["kind"]
        }
    }

    private func refusal(ofKind property: PropertyScanner.Property) -> String? {
        property.isExpanded
            ? KindReader.refusal(of: SourceFile(path: source.path, text: property.text), at: 0)
            : KindReader.refusal(of: source, at: property.offset)
    }

    private func kind(_ property: PropertyScanner.Property, dialect: String) throws(PipelineError) -> ModelKind {
        let defaults = scope.defaults
        guard property.isExpanded else {
            return try KindReader.read(source, at: property.offset, dialect: dialect, defaults: defaults)
        }
        do throws(PipelineError) {
            let text = SourceFile(path: source.path, text: property.text)
            return try KindReader.read(text, at: 0, dialect: dialect, defaults: defaults)
        } catch { throw source.error(at: property.offset, error.message) }
    }

    private func apply(_ property: PropertyScanner.Property, to model: inout ModelDefinition) throws(PipelineError) {
        switch property.name {
        case "name":
            let written = property.text.first == "'" ? property.plain : property.text
            do throws(ModelNameError) {
                model.name = try ModelName(written, in: scope.databases)
            } catch {
                throw self.error(property, error.message)
            }
        case "kind": break  // read last: formats in it are of the dialect
        case "dialect": break  // read first: all others are read in it
        case "cron": model.cron = property.plain
        case "cron_tz": model.cronTimeZone = property.plain
        case "start":
            (model.start, model.relativeStart) = try time(property)
        case "end":
            let (written, relative) = try time(property)
            guard let end = written else { break }
            model.relativeEnd = relative
            // The last day belongs to it.
            model.end = end.secondOfDay == 0 ? end.adding(seconds: 86_400) : Moment(microseconds: end.microseconds + 1)
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
                let name = element.prefixOfIdentifier
                let type = element[name.endIndex...].trimmingPrefix(while: \.isWhitespace)
                guard !name.isEmpty, !type.isEmpty else {
                    throw error(property, "The column `\(element)` has no type.")
                }
                let known = ModelDialect.type(String(type), dialect: model.dialect)
                guard model.columns.updateValue(known, forKey: String(name).identifierName) == nil else {
                    throw error(property, "The column \(name) is here twice.")
                }
            }
        case "column_descriptions":
            for element in try property.elements(in: source) {
                let (written, text) = try assignment(element, at: property.offset)
                guard
                    model.columnDescriptions.updateValue(text.trimmingQuotes(), forKey: written.identifierName) == nil
                else { throw error(property, "The column \(written) is here twice.") }
            }
        case "audits":
            var from = property.offset
            for element in try property.elements(in: source) {
                let offset = self.offset(of: element, from: from)
                model.audits.append(try auditCall(element, at: offset))
                from = offset + 1
            }
        case "partitioned_by": model.partitionedBy = try property.elements(in: source)
        case "enabled", "references", "formatting": break  // read before; said for people; of `transformer format`
        case "stamp": model.stamp = property.plain
        case "signals":
            let calls = try DataSignal.calls(of: property, in: source)
            if let refusal = DataSignal.refusal(of: calls) {
                model.unsupported = error(property, refusal)
            } else {
                model.signal = try DataSignal.read(calls, at: property.offset, in: source)
            }
        case "ignored_rules":
            model.ignoredRules = try property.elements(in: source).map { $0.trimmingQuotes().lowercased() }
        case "gateway": model.gateway = property.plain
        case "session_properties":
            for element in try property.elements(in: source) where !element.isEmpty {
                let (name, value) = try assignment(element, at: property.offset)
                model.sessionProperties[name.trimmingQuotes()] = value
            }
        case "grants": try applyGrants(property, to: &model)
        default:
            if let refusal = Self.refused[property.name] { throw source.error(at: property.nameOffset, refusal) }
            guard Self.withoutEffect[property.name] != nil else {
                let known = Self.known + Self.withoutEffect.keys
                let hint = KnownNames.nearest(to: property.name, in: known).map { " Did you mean \($0)?" } ?? ""
                throw source.error(
                    at: property.nameOffset,
                    "Unknown property `\(property.name)`.\(hint) Known: \(known.sorted().joined(separator: ", ")).")
            }
            model.withoutEffect[property.name] = property.nameOffset
        }
    }

    private static let known = [
        "name", "kind", "dialect", "cron", "cron_tz", "start", "end", "interval_unit", "allow_partials", "owner",
        "description", "column_descriptions", "tags", "grain", "grains", "columns", "depends_on", "audits", "enabled",
        "references", "partitioned_by", "stamp", "ignored_rules", "formatting", "gateway", "session_properties",
        "grants", "signals",
    ]

    /// Properties that nothing follows from here, and why.
    static let withoutEffect = [
        "clustered_by": "tables are not clustered",
        "physical_properties": "PostgreSQL's tables have no such properties",
        "virtual_properties": "PostgreSQL's views have no such properties",
        "table_format": "PostgreSQL has one format of tables",
        "storage_format": "PostgreSQL has one format of tables",
        "optimize_query": "queries are sent as they are written",
        "validate_query": "every query is checked",
        "project": "a pipeline folder is one project",
        "virtual_environment_mode": "all environments are views over versioned tables",
        "grants_target_layer": "grants are given on views",
        "physical_schema_override": "tables lie in schemas of their own, `millrace__<schema>`",
        "retention": "rows stay",
    ]

    /// Why something has no effect, where it is named in ``ModelDefinition/withoutEffect``.
    static func reason(_ property: String) -> String? {
        switch property {
        case "partitioned_by": "only kinds that replace partitions follow it; tables are not cut into partitions"
        case "batch_size": "the rows of a seed are copied to the database in one go"
        default: withoutEffect[property]
        }
    }

    /// Properties that would change what happens, and what to do instead.
    private static let refused = [
        "physical_version":
            "A version cannot be pinned: tables are named by what they are made of. Leave physical_version out; going back "
            + "to an earlier text finds its table again."
    ]

    /// A time, and how it was written where it counts from now.
    private func time(_ property: PropertyScanner.Property) throws(PipelineError) -> (Moment?, String?) {
        if let relative = RelativeTime(property.plain) {
            return (relative.before(scope.now), property.plain.lowercased())
        }
        guard let moment = Moment(property.plain) else {
            throw error(
                property, "`\(property.plain)` is not a date. Write it as '2025-01-31', or as '1 week ago'.")
        }
        return (moment, nil)
    }

    /// `grants (select = ['reader'], …)`: given on the view each time that it is pointed at a table. They stay when it is.
    private func applyGrants(_ property: PropertyScanner.Property, to model: inout ModelDefinition)
        throws(PipelineError)
    {
        for element in try property.elements(in: source) where !element.isEmpty {
            let (right, roles) = try assignment(element, at: property.offset)
            let name = right.trimmingQuotes().uppercased()
            guard ["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRIGGER"].contains(name) else {
                throw error(property, "`\(right)` is no right on a view.")
            }
            let list = PropertyScanner.Property(
                name: name, nameOffset: property.nameOffset, text: roles, offset: property.offset)
            for role in try list.elements(in: source) where !role.isEmpty {
                let text = "GRANT \(name) ON @this_model TO \(SQLText.identifier(role.trimmingQuotes()))"
                model.onVirtualUpdate.append(try Template(SourceFile(path: source.path, text: text)))
            }
        }
    }

    /// Where the call `text` stands, whose comments were left out: where its name does.
    private func offset(of text: String, from start: Int) -> Int {
        let name = Array(text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }.utf8)
        let bytes = Array(source.text.utf8)
        guard !name.isEmpty else { return start }
        var index = start
        while index + name.count <= bytes.count {
            let isWhole =
                !(index > 0 && TemplateLexer.isWord(bytes[index - 1]))
                && !(index + name.count < bytes.count && TemplateLexer.isWord(bytes[index + name.count]))
            if isWhole && Array(bytes[index..<index + name.count]) == name { return index }
            index += 1
        }
        return start
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
            let (written, value) = try assignment(element, at: offset)
            let argument = written.trimmingQuotes().lowercased()
            guard call.arguments[argument] == nil else {
                throw source.error(at: offset, "The argument \(argument) of \(name) is here twice.")
            }
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

    /// `name := value`, `name = value` or `name => value`; the name as written.
    func assignment(_ text: String, at offset: Int) throws(PipelineError) -> (String, String) {
        for sign in [":=", "=>", "="] {
            guard let range = text.range(of: sign) else { continue }
            let name = ArgumentList.trimmed(Array(text[..<range.lowerBound].utf8)[...])
            let value = ArgumentList.trimmed(Array(text[range.upperBound...].utf8)[...])
            let isName = name.allSatisfy { $0.isLetter || $0.isNumber || "_.\"'".contains($0) }
            if isName, !name.isEmpty, !value.isEmpty { return (name, value) }
        }
        throw source.error(at: offset, "Expected `name := value` instead of `\(text)`.")
    }

    func boolean(_ text: String, at offset: Int) throws(PipelineError) -> Bool {
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
