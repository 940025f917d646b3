import OrderedCollections
import Pipeline
import SQL

/// Reads one model file: a `MODEL (…)` block and its statements, or the article's bare SELECT.
struct ModelParser {
    let source: SourceFile
    let scope: ModelScope
    /// Reads a seed's file, relative to the pipeline folder.
    let seed: (String) throws(PipelineError) -> SourceFile

    /// The models of a file: none when it says `enabled false`, several when it has blueprints.
    /// - Parameters:
    ///   - source: A file under `models/`.
    ///   - seed: Reads a seed's file, relative to the pipeline folder.
    static func parse(
        _ source: SourceFile, _ scope: ModelScope,
        seed: (String) throws(PipelineError) -> SourceFile
    ) throws(PipelineError) -> [ModelDefinition] {
        try withoutActuallyEscaping(seed) { seed throws(PipelineError) in
            try ModelParser(source: source, scope: scope, seed: seed).parse()
        }
    }

    private var config: ModelDefaults { scope.defaults }
    private var isStored: Bool { scope.isStored }

    private func parse() throws(PipelineError) -> [ModelDefinition] {
        var scanner = PropertyScanner(source)
        guard scanner.skipKeyword("MODEL") else { return [try bareModel()] }
        var properties = try scanner.properties()
        if !isStored, let twice = PropertyScanner.repeated(in: properties) {
            throw source.error(at: twice.nameOffset, "The property \(twice.name) is here twice.")
        }
        let statements = try Statements(source, from: scanner.position, isStored: isStored)
        let macros = PropertyMacros(source, config: scope.config)
        var blueprints: [[String: String]] = [[:]]
        if let index = properties.firstIndex(where: { $0.name == "blueprints" }) {
            blueprints = try macros.blueprints(properties.remove(at: index))
        }
        var models: [ModelDefinition] = []
        for blueprint in blueprints {
            let expanded = try macros.expanded(properties, blueprint: blueprint)
            guard var model = try model(expanded, statements, from: scanner.position) else { continue }
            model.blueprint = blueprint
            models.append(model)
        }
        return models
    }

    /// Nil when the model says `enabled false`.
    private func model(
        _ properties: [PropertyScanner.Property], _ statements: Statements, from offset: Int
    ) throws(PipelineError) -> ModelDefinition? {
        let own = ModelProperties(source: source, scope: scope)
        if let enabled = properties.first(where: { $0.name == "enabled" }) {
            if try !own.boolean(enabled.text, at: enabled.offset) { return nil }
        } else if config.enabled == false {
            return nil
        }
        var model = try skeleton(named: nil)
        for property in properties { model.offsets[property.name] = property.offset }
        try own.apply(properties, to: &model)
        if !isStored, let problem = ModelDialect.problem(model.dialect) { throw model.error("dialect", problem) }
        if !properties.contains(where: { $0.name == "name" }) { model.name = try inferredName() }
        try fill(&model, with: statements, from: offset)
        if let start = statements.auditsStart {
            model.inlineAudits = try AuditDefinition.inline(
                source, from: start, dialect: config.dialectOverride, isStored: isStored)
        }
        return model
    }

    /// Gives the model its statements; a seed gets its rows.
    private func fill(
        _ model: inout ModelDefinition, with statements: Statements, from offset: Int
    ) throws(PipelineError) {
        model.preStatements = try templates(config.preStatements) + statements.before
        model.postStatements = try templates(config.postStatements) + statements.after
        model.onVirtualUpdate += try templates(config.onVirtualUpdate) + statements.onVirtualUpdate
        guard case .seed(var options) = model.kind else {
            model.query = try statements.needed(in: source, at: offset)
            return
        }
        if let query = statements.query {
            throw source.error(at: query.firstCode, "A SEED model has no query: its rows are those of \(options.path).")
        }
        guard let path = options.file(of: source.path) else {
            throw model.error("kind", "\(options.path) is outside of the pipeline folder.")
        }
        let file: SourceFile
        do throws(PipelineError) { file = try seed(path) } catch {
            throw model.error("kind", "The seed's file \(path) cannot be read: \(error.message)")
        }
        let rows = try CSVTable(file, format: options.format)
        let table = try SeedTable(rows, declared: model.columns, in: file)
        options.content = file
        options.table = table
        model.kind = .seed(options)
        model.query = table.shape
    }

    /// Statements of `model_defaults`, each a text of its own.
    private func templates(_ texts: [String]?) throws(PipelineError) -> [Template] {
        var found: [Template] = []
        for text in texts ?? [] { found.append(try Template(SourceFile(path: "config.yaml", text: text))) }
        return found
    }

    /// `models/schema/name.sql` is `schema.name`.
    private func inferredName() throws(PipelineError) -> ModelName {
        guard scope.config.infersNames else {
            throw source.error(
                at: 0, "This MODEL block has no name. Give it one, or set model_naming: {infer_names: true}.")
        }
        var parts = source.path.split(separator: "/").map(String.init)
        if let index = parts.firstIndex(of: "models") { parts.removeFirst(index + 1) }
        if let file = parts.popLast() { parts.append(file.hasSuffix(".sql") ? String(file.dropLast(4)) : file) }
        do throws(ModelNameError) {
            return try ModelName(parts.suffix(3).joined(separator: "."), in: scope.databases)
        } catch {
            throw source.error(at: 0, "The model is named after its folder: \(error.message)")
        }
    }

    /// A file without MODEL block: named after the file; incremental when it asks `is_incremental()`.
    private func bareModel() throws(PipelineError) -> ModelDefinition {
        let statements = try Statements(source, from: 0, isStored: isStored)
        var base = source.path
        if let slash = base.lastIndex(of: "/") { base = String(base[base.index(after: slash)...]) }
        if base.hasSuffix(".sql") { base = String(base.dropLast(4)) }
        if let start = statements.auditsStart {
            throw source.error(
                at: start, "AUDIT (…) in a model's file belongs to a MODEL block. Give it a file in audits/.")
        }
        guard let name = ModelName(base) else {
            throw PipelineError(file: source.path, message: "The file's name, \(base), cannot be a model's name.")
        }
        var model = try skeleton(named: name)
        if !isStored, let problem = ModelDialect.problem(model.dialect) { throw source.error(at: 0, problem) }
        try fill(&model, with: statements, from: 0)
        if model.query.asksIsIncremental {
            guard let column = TimeColumnInference.timeColumn(of: model.query, dialect: model.dialect) else {
                throw source.error(
                    at: model.query.range.lowerBound,
                    "This model is incremental, but which output column is its time cannot be seen: no column is the "
                        + "filtered one or its date. Add MODEL (name …, kind INCREMENTAL_BY_TIME_RANGE (time_column …))."
                )
            }
            model.kind = .incrementalByTimeRange(TimeRangeOptions(timeColumn: column))
        }
        return model
    }

    private func skeleton(named name: ModelName?) throws(PipelineError) -> ModelDefinition {
        var model = ModelDefinition(
            name: name ?? ModelName(schema: ModelName.defaultSchema, name: ""), source: source, kind: .view(ViewKind()),
            dialect: config.dialectOverride ?? config.dialect, cron: config.cron, cronTimeZone: config.cronTimeZone,
            start: config.relativeStart.flatMap { RelativeTime($0)?.before(scope.now) } ?? config.start,
            intervalUnit: config.intervalUnit, allowPartials: config.allowPartials, owner: config.owner, tags: [],
            description: nil, columnDescriptions: [:], grain: [], audits: [], columns: [:], dependsOn: [],
            preStatements: [], query: Template(verbatim: SourceFile(path: source.path, text: "")), postStatements: [],
            isBare: name != nil)
        model.relativeStart = config.relativeStart
        model.sessionProperties = config.sessionProperties ?? [:]
        model.gateway = config.gateway
        if let kind = config.kind {
            let text = SourceFile(path: source.path, text: kind)
            do throws(PipelineError) {
                model.kind = try KindReader.read(text, at: 0, dialect: config.dialect, defaults: config)
            } catch {
                throw source.error(at: 0, "The kind of model_defaults: \(error.message)")
            }
        }
        for audit in config.audits { model.audits.append(try ModelProperties(source: source).auditCall(audit, at: 0)) }
        return model
    }
}

/// The statements of a model or audit file: one query, and what stands before and after it.
struct Statements {
    /// Before the query; all of them when there is none.
    let before: [Template]
    let query: Template?
    let after: [Template]
    /// Where the first `AUDIT (…)` behind the statements is; nil: there is none.
    private(set) var auditsStart: Int?
    /// Between ON_VIRTUAL_UPDATE_BEGIN and ON_VIRTUAL_UPDATE_END.
    let onVirtualUpdate: [Template]

    /// The query of a file that must have one.
    func needed(in source: SourceFile, at offset: Int) throws(PipelineError) -> Template {
        guard let query else {
            throw source.error(at: offset, "There is no query in this file: expected SELECT or WITH.")
        }
        return query
    }

    /// - Parameter isStored: Takes what an earlier version took: several queries, of which the last counts.
    init(_ source: SourceFile, from start: Int, isStored: Bool = false) throws(PipelineError) {
        var templates: [(template: Template, word: String)] = []
        var definitions: [Template] = []
        var virtual: [Template] = []
        var isVirtual = false
        for piece in try Self.pieces(of: source, from: start) {
            guard let first = piece.first, let last = piece.last else { continue }
            let word = Self.firstWord(of: piece, in: source)
            if word.isEmpty { continue }
            if word == "audit" {
                // They go to the end of the file.
                auditsStart = PropertyScanner(source, from: first.range.lowerBound).ahead
                break
            }
            if word == Self.virtualBegin || word == Self.virtualEnd {
                guard isVirtual != (word == Self.virtualBegin) else {
                    throw source.error(at: first.range.lowerBound, "\(word.uppercased()) does not belong here.")
                }
                isVirtual.toggle()
                continue
            }
            let range = first.range.lowerBound..<last.range.upperBound
            let template = try Template(source, range: range, tokens: piece)
            if template.isDefinition {
                definitions.append(template)
            } else if isVirtual {
                virtual.append(template)
            } else {
                templates.append((template, word))
            }
        }
        guard !isVirtual else {
            throw source.error(at: start, "ON_VIRTUAL_UPDATE_BEGIN has no ON_VIRTUAL_UPDATE_END.")
        }
        for index in templates.indices { templates[index].template.definitions = definitions }
        for index in virtual.indices { virtual[index].definitions = definitions }
        onVirtualUpdate = virtual
        var queries = templates.indices.filter { Self.isQuery(templates[$0].template, word: templates[$0].word) }
        // `@IF(…, SELECT …)` and `{{ query() }}` are the query of a file that has no other.
        if queries.isEmpty { queries = templates.indices.filter { Self.mayBeQuery(templates[$0].word) }.suffix(1) }
        if !isStored {
            if queries.count > 1 {
                throw source.error(
                    at: templates[queries[1]].template.firstCode,
                    "A file has one query, and this is the second. Give it a file of its own; only statements that "
                        + "return no rows may stand before and after a query.")
            }
            for (template, word) in templates { try Self.check(template, word) }
        }
        let index = queries.last
        before = templates[..<(index ?? templates.count)].map(\.template)
        query = index.map { templates[$0].template }
        after = index.map { templates[($0 + 1)...].map(\.template) } ?? []
    }

    /// The statements of a file from `start` on, cut at the semicolons outside of Jinja's blocks.
    static func pieces(of source: SourceFile, from start: Int) throws(PipelineError) -> [ArraySlice<TemplateToken>] {
        let tokens = try TemplateLexer.tokens(in: source, range: start..<source.text.utf8.count)
        let bytes = Array(source.text.utf8)
        var pieces: [ArraySlice<TemplateToken>] = []
        var begin = 0
        var depth = 0
        for (index, token) in tokens.enumerated() {
            switch token.kind {
            case .statement(let inside):
                var parser = JinjaParser(source: source, bytes: bytes, range: inside)
                switch parser.word() ?? "" {
                case "if", "for", "macro": depth += 1
                case "set" where parser.word() != nil && parser.isAtEnd: depth += 1
                case let word where word.hasPrefix("end"): depth = max(0, depth - 1)
                default: break
                }
            case .semicolon where depth == 0:
                if begin < index { pieces.append(tokens[begin..<index]) }
                begin = index + 1
            default: break
            }
        }
        if begin < tokens.count { pieces.append(tokens[begin...]) }
        return pieces
    }

    /// What queries begin with, macros that stand for one too.
    private static let queryWords: Set = [
        "select", "values", "from", "(", "@with", "@union", "@deduplicate", "@date_spine",
    ]

    private static func mayBeQuery(_ word: String) -> Bool { word == "expression" || word.hasPrefix("@") }

    private static let virtualBegin = "on_virtual_update_begin"
    private static let virtualEnd = "on_virtual_update_end"

    /// `WITH … INSERT` is none.
    private static func isQuery(_ template: Template, word: String) -> Bool {
        guard word == "with" else { return queryWords.contains(word) }
        let options = ParseOptions(placeholders: true)
        guard let list = try? tokenize(template.text, dialect: .postgres, options: options) else { return true }
        var depth = 0
        for token in list.tokens {
            if token.kind == .leftParenthesis { depth += 1 }
            if token.kind == .rightParenthesis { depth -= 1 }
            guard depth == 0 else { continue }
            switch token.keyword {
            case .select, .values, .table: return true
            case .insert, .update, .delete, .merge: return false
            default: break
            }
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
            case .output, .call: return "expression"
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
                        if bytes[index] == UInt8(ascii: "@") { index += 1 }
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
