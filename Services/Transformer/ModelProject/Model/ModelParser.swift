import OrderedCollections
import Pipeline

/// Reads one model file: a `MODEL (…)` block and its statements, or the article's bare SELECT.
struct ModelParser {
    let source: SourceFile
    let config: ModelDefaults
    /// True for a text that was kept when it was promoted: what later versions came to refuse runs on as it did.
    let isStored: Bool

    /// - Parameter source: A file under `models/`.
    static func parse(
        _ source: SourceFile, defaults: ModelDefaults, isStored: Bool = false
    ) throws(PipelineError) -> ModelDefinition? {
        try ModelParser(source: source, config: defaults, isStored: isStored).parse()
    }

    /// Nil when the model says `enabled false`.
    private func parse() throws(PipelineError) -> ModelDefinition? {
        var scanner = PropertyScanner(source)
        guard scanner.skipKeyword("MODEL") else { return try bareModel() }
        let properties = try scanner.properties()
        if !isStored, let twice = PropertyScanner.repeated(in: properties) {
            throw source.error(at: twice.nameOffset, "The property \(twice.name) is here twice.")
        }
        let own = ModelProperties(source: source)
        if let enabled = properties.first(where: { $0.name == "enabled" }),
            try !own.boolean(enabled.text, at: enabled.offset)
        {
            return nil
        }
        let statements = try Statements(source, from: scanner.position, isStored: isStored)
        var model = try skeleton(named: nil, statements: statements)
        for property in properties { model.offsets[property.name] = property.offset }
        try own.apply(properties, to: &model)
        guard properties.contains(where: { $0.name == "name" }) else {
            throw source.error(at: 0, "This MODEL block has no name.")
        }
        return model
    }

    /// A file without MODEL block: named after the file; incremental when it asks `is_incremental()`.
    private func bareModel() throws(PipelineError) -> ModelDefinition {
        let statements = try Statements(source, from: 0, isStored: isStored)
        var base = source.path
        if let slash = base.lastIndex(of: "/") { base = String(base[base.index(after: slash)...]) }
        if base.hasSuffix(".sql") { base = String(base.dropLast(4)) }
        guard let name = ModelName(base) else {
            throw PipelineError(file: source.path, message: "The file's name, \(base), cannot be a model's name.")
        }
        var model = try skeleton(named: name, statements: statements)
        if statements.query.asksIsIncremental {
            guard let column = TimeColumnInference.timeColumn(of: statements.query) else {
                throw source.error(
                    at: statements.query.range.lowerBound,
                    "This model is incremental, but which output column is its time cannot be seen: no column is the "
                        + "filtered one or its date. Add MODEL (name …, kind INCREMENTAL_BY_TIME_RANGE (time_column …))."
                )
            }
            model.kind = .incrementalByTimeRange(TimeRangeOptions(timeColumn: column))
        }
        return model
    }

    private func skeleton(named name: ModelName?, statements: Statements) throws(PipelineError) -> ModelDefinition {
        var model = ModelDefinition(
            name: name ?? ModelName(schema: ModelName.defaultSchema, name: ""), source: source, kind: .view,
            dialect: config.dialect, cron: config.cron, cronTimeZone: config.cronTimeZone, start: config.start,
            intervalUnit: config.intervalUnit, allowPartials: config.allowPartials, owner: config.owner, tags: [],
            description: nil, columnDescriptions: [:], grain: [], audits: [], columns: [:], dependsOn: [],
            preStatements: statements.before, query: statements.query, postStatements: statements.after,
            isBare: name != nil)
        if let kind = config.kind { model.kind = try ModelProperties(source: source).kind(kind, at: 0) }
        for audit in config.audits { model.audits.append(try ModelProperties(source: source).auditCall(audit, at: 0)) }
        return model
    }
}

/// The statements of a model or audit file: one query, and what stands before and after it.
struct Statements {
    let before: [Template]
    let query: Template
    let after: [Template]

    /// - Parameter isStored: Takes what an earlier version took: several queries, of which the last counts.
    init(_ source: SourceFile, from start: Int, isStored: Bool = false) throws(PipelineError) {
        let tokens = try TemplateLexer.tokens(in: source, range: start..<source.text.utf8.count)
        var templates: [(template: Template, word: String)] = []
        for piece in tokens.split(separator: TemplateToken.Kind.semicolon, by: \.kind) {
            guard let first = piece.first, let last = piece.last else { continue }
            let word = Self.firstWord(of: piece, in: source)
            // The markers around Jinja in SQLMesh files: what they enclose is read as Jinja anyway.
            if word.isEmpty || ["jinja_query_begin", "jinja_statement_begin", "jinja_end"].contains(word) { continue }
            let range = first.range.lowerBound..<last.range.upperBound
            templates.append((try Template(source, range: range, tokens: piece), word))
        }
        let queries = templates.indices.filter { Self.isQuery(templates[$0].template, word: templates[$0].word) }
        guard let index = queries.last else {
            throw source.error(at: start, "There is no query in this file: expected SELECT or WITH.")
        }
        if !isStored {
            if queries.count > 1 {
                throw source.error(
                    at: templates[queries[1]].template.firstCode,
                    "A file has one query, and this is the second. Give it a file of its own; only statements that "
                        + "return no rows may stand before and after a query.")
            }
            for (template, word) in templates { try Self.check(template, word) }
        }
        before = templates[..<index].map(\.template)
        query = templates[index].template
        after = templates[(index + 1)...].map(\.template)
        for statement in templates where statement.word == "on_virtual_update_begin" {
            throw source.error(at: statement.template.range.lowerBound, "ON_VIRTUAL_UPDATE_BEGIN is not supported.")
        }
    }

    /// `WITH … INSERT` is none.
    private static func isQuery(_ template: Template, word: String) -> Bool {
        guard word == "with" else { return ["select", "values", "from", "("].contains(word) }
        var depth = 0
        for token in QueryToken.tokens(of: template.text) {
            if token.text == "(" { depth += 1 }
            if token.text == ")" { depth -= 1 }
            guard depth == 0, token.kind == .word else { continue }
            if ["select", "values", "table"].contains(token.text) { return true }
            if ["insert", "update", "delete", "merge"].contains(token.text) { return false }
        }
        return true
    }

    /// What may not stand before or after a query.
    private static func check(_ template: Template, _ word: String) throws(PipelineError) {
        let offset = template.firstCode
        switch word {
        case "model":
            throw template.source.error(
                at: offset, "MODEL (…) comes first in a file, and only once: give each model a file of its own.")
        case "audit":
            throw template.source.error(at: offset, "AUDIT (…) does not belong here: audits have files in audits/.")
        case "begin", "start", "commit", "end", "rollback", "abort", "vacuum":
            throw template.source.error(
                at: offset,
                "\(word.uppercased()) cannot stand here: all statements of a model run in one transaction.")
        default: break
        }
    }

    /// The first word of the SQL, lower case, or `(`; empty when there is only white space and comments.
    private static func firstWord(of tokens: ArraySlice<TemplateToken>, in source: SourceFile) -> String {
        let bytes = Array(source.text.utf8)
        for token in tokens {
            switch token.kind {
            case .comment, .statement, .semicolon: continue
            case .macro, .output, .call: return "expression"
            case .text:
                var index = token.range.lowerBound
                let end = token.range.upperBound
                while index < end {
                    if bytes[index] <= 32 {
                        index += 1
                    } else if bytes[index] == UInt8(ascii: "-"), index + 1 < end, bytes[index + 1] == UInt8(ascii: "-")
                    {
                        while index < end, bytes[index] != UInt8(ascii: "\n") { index += 1 }
                    } else if bytes[index] == UInt8(ascii: "/"), index + 1 < end, bytes[index + 1] == UInt8(ascii: "*")
                    {
                        index += 2
                        while index + 1 < end,
                            !(bytes[index] == UInt8(ascii: "*") && bytes[index + 1] == UInt8(ascii: "/"))
                        {
                            index += 1
                        }
                        index = min(index + 2, end)
                    } else {
                        let start = index
                        while index < end, TemplateLexer.isWord(bytes[index]) { index += 1 }
                        if index == start { return String(decoding: bytes[start...start], as: UTF8.self) }
                        return String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
                    }
                }
            }
        }
        return ""
    }
}

extension Array {
    /// The stretches between elements whose `key` equals `separator`.
    fileprivate func split<Key: Equatable>(separator: Key, by key: (Element) -> Key) -> [ArraySlice<Element>] {
        split(omittingEmptySubsequences: true) { key($0) == separator }
    }
}
