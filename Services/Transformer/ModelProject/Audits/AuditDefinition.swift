import OrderedCollections
import Pipeline

/// An audit: a query over a model whose result tells what is wrong with it.
public struct AuditDefinition: Sendable, Equatable {
    /// How the query's result is read.
    public enum Style: Sendable, Equatable {
        /// Every row is a failure.
        case rows
        /// The one value is the number of failures: the article's `SELECT COUNT(*) …`.
        case count
    }

    /// Lower case.
    public var name: String
    /// The file it came from.
    public var source: SourceFile
    /// Whether what it finds keeps rows from being published.
    public var blocking: Bool
    /// True for an audit that says `skip true`: it is checked and not run.
    public var isSkipped = false
    /// True for an audit that no model names: it is run with the last of the models that it reads.
    public var isStandalone = false
    /// What the query is written in; nil: as the model that it audits.
    public var dialect: String?
    /// True for a file without AUDIT block: nothing names it, so it holds for every model without MODEL block.
    public var isBare: Bool
    /// Argument texts used where a call gives none.
    public var defaults: OrderedDictionary<String, String>
    /// The query; `@this_model` stands for the audited rows.
    public var query: Template

    /// What the query is read in when `model` is audited. One that stands alone is of no model's dialect.
    public func dialect(for model: ModelDefinition, _ defaults: ModelDefaults) -> String {
        dialect ?? (isStandalone ? defaults.dialectOverride ?? defaults.dialect : model.dialect)
    }

    /// An error that points at the audit's query.
    public func error(_ message: String) -> PipelineError { source.error(at: query.firstCode, message) }

    /// How the result of `query`, which is this audit's, is read.
    ///
    /// A file without a block says what it counts as the article does: one count of all rows. The query of a block
    /// returns the rows that are wrong, whatever it selects.
    public func style(of query: ParsedQuery) -> Style {
        isBare && query.query.isCount(query.dialect) ? .count : .rows
    }

    /// Reads a file of `audits/`: `AUDIT (…)` blocks each with its query, or one bare SELECT.
    /// - Parameter dialect: What the queries are read in, whatever they say; nil: as they say.
    static func parse(
        _ source: SourceFile, dialect: String? = nil, isStored: Bool = false
    ) throws(PipelineError) -> [AuditDefinition] {
        var audits = try blocks(source, isStored: isStored)
        if let dialect { for index in audits.indices { audits[index].dialect = dialect } }
        return audits
    }

    private static func blocks(_ source: SourceFile, isStored: Bool) throws(PipelineError) -> [AuditDefinition] {
        var scanner = PropertyScanner(source)
        guard scanner.skipKeyword("AUDIT") else { return [try bare(source, isStored: isStored)] }
        return try blocks(source, behind: &scanner, isStored: isStored)
    }

    /// The audits of a model's file, which stand behind its own statements.
    /// - Parameter start: Where the first `AUDIT` is.
    static func inline(
        _ source: SourceFile, from start: Int, dialect: String?, isStored: Bool
    ) throws(PipelineError) -> [AuditDefinition] {
        var scanner = PropertyScanner(source, from: start)
        guard scanner.skipKeyword("AUDIT") else { return [] }
        var audits = try blocks(source, behind: &scanner, isStored: isStored)
        if let alone = audits.first(where: \.isStandalone) {
            throw alone.error("The audit \(alone.name) stands alone: give it a file in audits/.")
        }
        if let dialect { for index in audits.indices { audits[index].dialect = dialect } }
        return audits
    }

    /// Reads blocks from behind the first `AUDIT` on.
    private static func blocks(
        _ source: SourceFile, behind scanner: inout PropertyScanner, isStored: Bool
    ) throws(PipelineError) -> [AuditDefinition] {
        var found: [AuditDefinition] = []
        repeat {
            let properties = try scanner.properties()
            if !isStored, let twice = PropertyScanner.repeated(in: properties) {
                throw source.error(at: twice.nameOffset, "The property \(twice.name) is here twice.")
            }
            let tokens = try TemplateLexer.tokens(in: source, range: scanner.position..<source.text.utf8.count)
            var rest = tokens[...]
            var definitions: [Template] = []
            while true {
                let query = rest.prefix { $0.kind != .semicolon }
                let begin = (query.first ?? rest.first)?.range.lowerBound ?? scanner.position
                let range = begin..<(query.last?.range.upperBound ?? begin)
                let template = try Template(source, range: range, tokens: query)
                rest = rest.dropFirst(query.count)
                // Between JINJA_QUERY_BEGIN and its semicolon there is nothing.
                if template.isDefinition || template.isEmpty, let semicolon = rest.popFirst() {
                    if template.isDefinition { definitions.append(template) }
                    scanner = PropertyScanner(source, from: semicolon.range.upperBound)
                    continue
                }
                var audit = try block(source, properties, query: query, range: range)
                audit.query.definitions = definitions
                found.append(audit)
                scanner = PropertyScanner(source, from: try end(of: &rest, in: source) ?? range.upperBound)
                break
            }
        } while scanner.skipKeyword("AUDIT")
        if !isStored, let ahead = scanner.ahead {
            throw source.error(at: ahead, "Expected AUDIT (…) or the end of the file: an audit has one query.")
        }
        return found
    }

    /// Where the semicolon of a query ends, or what stands behind JINJA_END; nil: there is none.
    private static func end(
        of rest: inout ArraySlice<TemplateToken>, in source: SourceFile
    ) throws(PipelineError) -> Int? {
        var end: Int?
        while true {
            let blank = rest.prefix { $0.kind != .semicolon }
            if let first = blank.first, let last = blank.last {
                let range = first.range.lowerBound..<last.range.upperBound
                guard try Template(source, range: range, tokens: blank).isEmpty else { return end }
            }
            rest = rest.dropFirst(blank.count)
            guard let semicolon = rest.popFirst() else { return end }
            end = semicolon.range.upperBound
        }
    }

    private static func bare(_ source: SourceFile, isStored: Bool) throws(PipelineError) -> AuditDefinition {
        var name = source.path
        if let slash = name.lastIndex(of: "/") { name = String(name[name.index(after: slash)...]) }
        if name.hasSuffix(".sql") { name = String(name.dropLast(4)) }
        let statements = try Statements(source, from: 0, isStored: isStored)
        let query = try statements.needed(in: source, at: 0)
        if !isStored, let other = (statements.before + statements.after).first {
            throw source.error(at: other.firstCode, "An audit is one query and nothing else.")
        }
        return AuditDefinition(
            name: name.lowercased(), source: source, blocking: true, isBare: true,
            defaults: [:],
            query: query)
    }

    private static func block(
        _ source: SourceFile, _ properties: [PropertyScanner.Property], query: ArraySlice<TemplateToken>,
        range: Range<Int>
    ) throws(PipelineError) -> AuditDefinition {
        var audit = AuditDefinition(
            name: "", source: source, blocking: true, isBare: false, defaults: [:],
            query: try Template(source, range: range, tokens: query))
        for property in properties {
            switch property.name {
            case "name": audit.name = property.plain.lowercased()
            case "blocking", "skip", "standalone":
                let value = property.text.lowercased()
                guard value == "true" || value == "false" else {
                    throw source.error(at: property.offset, "Expected true or false.")
                }
                switch property.name {
                case "blocking": audit.blocking = value == "true"
                case "skip": audit.isSkipped = value == "true"
                default: audit.isStandalone = value == "true"
                }
            case "dialect": audit.dialect = property.plain.lowercased()
            case "owner", "description", "tags": break
            case "defaults":
                for element in try property.elements(in: source) {
                    guard let sign = element.firstIndex(of: "=") else {
                        throw source.error(at: property.offset, "Expected `name = value` instead of `\(element)`.")
                    }
                    let name = element[..<sign].filter { !$0.isWhitespace && $0 != ":" }
                    let value = element[element.index(after: sign)...].trimmingPrefix(while: \.isWhitespace)
                    audit.defaults[name.lowercased()] = String(value)
                }
            case "cron", "cron_tz", "start", "interval_unit", "depends_on":
                throw source.error(
                    at: property.nameOffset,
                    "An audit has no \(property.name) of its own: it is run whenever the models that it reads are computed. "
                        + "Take it out.")
            default:
                throw source.error(
                    at: property.nameOffset,
                    "Unknown property `\(property.name)`. Known: name, blocking, skip, standalone, dialect, defaults, owner, "
                        + "description, tags.")
            }
        }
        // As with SQLMesh: one that stands alone warns unless it says that it blocks.
        if audit.isStandalone, !properties.contains(where: { $0.name == "blocking" }) { audit.blocking = false }
        guard !audit.name.isEmpty else { throw audit.error("The AUDIT block of this query needs a name.") }
        guard !audit.query.isEmpty else {
            throw source.error(at: range.lowerBound, "The audit \(audit.name) has no query.")
        }
        return audit
    }
}
