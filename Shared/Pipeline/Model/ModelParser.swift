import OrderedCollections

/// Reads one model file: a `MODEL (…)` block and its statements, or the article's bare SELECT.
struct ModelParser {
    let source: SourceFile
    let config: ModelDefaults

    /// - Parameter source: A file under `models/`.
    static func parse(_ source: SourceFile, defaults: ModelDefaults) throws(PipelineError) -> ModelDefinition? {
        try ModelParser(source: source, config: defaults).parse()
    }

    /// Nil when the model says `enabled false`.
    private func parse() throws(PipelineError) -> ModelDefinition? {
        var scanner = PropertyScanner(source)
        guard scanner.skipKeyword("MODEL") else { return try bareModel() }
        let properties = try scanner.properties()
        if let enabled = properties.first(where: { $0.name == "enabled" }), enabled.text.lowercased() == "false" {
            return nil
        }
        let statements = try Statements(source, from: scanner.position)
        var model = try skeleton(named: nil, statements: statements)
        try ModelProperties(source: source).apply(properties, to: &model)
        guard properties.contains(where: { $0.name == "name" }) else {
            throw source.error(at: 0, "This MODEL block has no name.")
        }
        return model
    }

    /// A file without MODEL block: named after the file; incremental when it asks `is_incremental()`.
    private func bareModel() throws(PipelineError) -> ModelDefinition {
        let statements = try Statements(source, from: 0)
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

    init(_ source: SourceFile, from start: Int) throws(PipelineError) {
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
        let queryWords: Set = ["select", "with", "values", "from", "("]
        guard let index = templates.lastIndex(where: { queryWords.contains($0.word) }) else {
            throw source.error(at: start, "There is no query in this file: expected SELECT or WITH.")
        }
        before = templates[..<index].map(\.template)
        query = templates[index].template
        after = templates[(index + 1)...].map(\.template)
        for statement in templates where statement.word == "on_virtual_update_begin" {
            throw source.error(at: statement.template.range.lowerBound, "ON_VIRTUAL_UPDATE_BEGIN is not supported.")
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
