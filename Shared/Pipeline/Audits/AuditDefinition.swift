import OrderedCollections

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
    /// How its result is read.
    public var style: Style
    /// True for a file without AUDIT block: nothing names it, so it holds for every model without MODEL block.
    public var isBare: Bool
    /// Argument texts used where a call gives none.
    public var defaults: OrderedDictionary<String, String>
    /// The query; `@this_model` stands for the audited rows.
    public var query: Template

    /// Reads a file of `audits/`: `AUDIT (…)` blocks each with its query, or one bare SELECT.
    static func parse(_ source: SourceFile) throws(PipelineError) -> [AuditDefinition] {
        var scanner = PropertyScanner(source)
        guard scanner.skipKeyword("AUDIT") else { return [try bare(source)] }
        var found: [AuditDefinition] = []
        repeat {
            let properties = try scanner.properties()
            let tokens = try TemplateLexer.tokens(in: source, range: scanner.position..<source.text.utf8.count)
            let query = tokens.prefix { $0.kind != .semicolon }
            let end = query.last?.range.upperBound ?? scanner.position
            found.append(try block(source, properties, query: query, range: scanner.position..<end))
            let next = query.count < tokens.count ? end + 1 : end
            scanner = PropertyScanner(source, from: next)
        } while scanner.skipKeyword("AUDIT")
        return found
    }

    private static func bare(_ source: SourceFile) throws(PipelineError) -> AuditDefinition {
        var name = source.path
        if let slash = name.lastIndex(of: "/") { name = String(name[name.index(after: slash)...]) }
        if name.hasSuffix(".sql") { name = String(name.dropLast(4)) }
        let query = try Statements(source, from: 0).query
        return AuditDefinition(
            name: name.lowercased(), source: source, blocking: true, style: style(of: query), isBare: true,
            defaults: [:],
            query: query)
    }

    private static func block(
        _ source: SourceFile, _ properties: [PropertyScanner.Property], query: ArraySlice<TemplateToken>,
        range: Range<Int>
    ) throws(PipelineError) -> AuditDefinition {
        var audit = AuditDefinition(
            name: "", source: source, blocking: true, style: .rows, isBare: false, defaults: [:],
            query: try Template(source, range: range, tokens: query))
        for property in properties {
            switch property.name {
            case "name": audit.name = property.plain.lowercased()
            case "blocking", "skip":
                let value = property.text.lowercased()
                guard value == "true" || value == "false" else {
                    throw source.error(at: property.offset, "Expected true or false.")
                }
                if property.name == "blocking" { audit.blocking = value == "true" }
            case "dialect", "owner", "description": break
            case "defaults":
                for element in try property.elements(in: source) {
                    guard let sign = element.firstIndex(of: "=") else {
                        throw source.error(at: property.offset, "Expected `name = value` instead of `\(element)`.")
                    }
                    let name = element[..<sign].filter { !$0.isWhitespace && $0 != ":" }
                    let value = element[element.index(after: sign)...].trimmingPrefix(while: \.isWhitespace)
                    audit.defaults[name.lowercased()] = String(value)
                }
            default:
                throw source.error(
                    at: property.nameOffset,
                    "Unknown property `\(property.name)`. Known: name, blocking, dialect, defaults, owner, description."
                )
            }
        }
        guard !audit.name.isEmpty else { throw source.error(at: 0, "An AUDIT block needs a name.") }
        return audit
    }

    /// A query that starts `SELECT COUNT(` and groups nothing gives a number of failures.
    private static func style(of query: Template) -> Style {
        let words = query.text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let code = words.replacing("( ", with: "(").replacing("count (", with: "count(")
        return code.contains("select count(") && !code.contains(" group by ") ? .count : .rows
    }
}
