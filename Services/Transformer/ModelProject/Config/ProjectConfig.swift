import CivilTime
import Foundation
import Pipeline
import SQL
import Yams

/// `config.yaml`: the part of SQLMesh's configuration that Millrace reads. What it does not know is an error, so that
/// no setting is ignored in silence.
public struct ProjectConfig: Sendable, Equatable {
    /// A name for the project.
    public var project: String?
    /// Places where models can run, by name.
    public var gateways: [String: Gateway]
    /// The gateway in use: `default_gateway`, or the only one.
    public var defaultGateway: String?
    /// What models are that do not say otherwise.
    public var modelDefaults: ModelDefaults
    /// Names are lower case.
    public var variables: [String: VariableValue]

    /// A configuration made by code.
    public init(
        project: String? = nil, gateways: [String: Gateway] = [:], defaultGateway: String? = nil,
        modelDefaults: ModelDefaults = ModelDefaults(), variables: [String: VariableValue] = [:]
    ) {
        self.project = project
        self.gateways = gateways
        self.defaultGateway = defaultGateway
        self.modelDefaults = modelDefaults
        self.variables = variables
    }

    /// Where models run.
    public struct Gateway: Sendable, Equatable {
        /// `postgres` or `bigquery`.
        public var type: String
        /// The other keys of `connection`, such as `host`.
        public var connection: [String: String]
        /// Variables of this gateway; they win over the project's.
        public var variables: [String: VariableValue]
    }

    /// Reads `config.yaml` (or `config.yml`); a folder without one has the defaults.
    /// - Parameter environment: What `env_var('NAME')` sees.
    static func read(_ folder: PipelineFolder, environment: [String: String]) throws(PipelineError) -> ProjectConfig {
        for name in ["config.py"] where folder.contains(name) {
            throw PipelineError(file: name, message: "Python configuration is not supported. Write it as config.yaml.")
        }
        guard let path = ["config.yaml", "config.yml"].first(where: folder.contains) else { return ProjectConfig() }
        let written = SourceFile(path: path, text: try folder.text(of: path))
        return try ProjectConfig(parsing: try ConfigTemplate.expand(written, environment: environment))
    }

    /// Parses the text of a `config.yaml` whose `env_var()` are already expanded.
    public init(parsing source: SourceFile) throws(PipelineError) {
        let root = try YAMLReader.parse(source)
        self.init()
        var defaultPlace: YAMLValue?
        for (key, value) in try root.mapping() {
            switch key.text {
            case "project": project = try value.string()
            case "gateways":
                for (name, gateway) in try value.mapping() { gateways[name.text] = try Gateway(gateway) }
            case "default_gateway":
                defaultGateway = try value.string()
                defaultPlace = value
            case "model_defaults": modelDefaults = try ModelDefaults(value)
            case "variables": variables = try value.variables()
            default:
                throw key.error(
                    "Unknown key `\(key.text)`. Known: project, gateways, default_gateway, model_defaults, variables.")
            }
        }
        if let name = defaultGateway, gateways[name] == nil {
            throw (defaultPlace ?? root).error("default_gateway names \(name), which is not under gateways.")
        }
        if defaultGateway == nil { defaultGateway = gateways.keys.sorted().first }
        if let gateway = defaultGateway.flatMap({ gateways[$0] }) {
            variables.merge(gateway.variables) { _, own in own }
        }
    }
}

extension ProjectConfig.Gateway {
    init(_ value: YAMLValue) throws(PipelineError) {
        type = "postgres"
        connection = [:]
        variables = [:]
        for (key, part) in try value.mapping() {
            switch key.text {
            case "connection":
                for (name, setting) in try part.mapping() {
                    if name.text == "type" {
                        type = try setting.string()
                    } else {
                        connection[name.text] = try setting.string()
                    }
                }
            case "variables": variables = try part.variables()
            case "state_connection", "test_connection", "scheduler", "state_schema":
                throw key.error(
                    "`\(key.text)` is not used here: the state lives where POSTGRES_HOST and its kin point.")
            default: throw key.error("Unknown key `\(key.text)`. Known: connection, variables.")
            }
        }
        guard ["postgres", "bigquery"].contains(type) else {
            throw value.error("Connections of type \(type) are not supported. Known: postgres, bigquery.")
        }
    }
}

/// `model_defaults`: what a model that does not say otherwise is.
public struct ModelDefaults: Sendable, Equatable, Codable {
    /// As it would stand in a MODEL block; nil: VIEW.
    public var kind: String?
    /// The SQL that models are written in.
    public var dialect = "postgres"
    /// When models are due.
    public var cron = "@daily"
    /// The zone in which `cron` is read.
    public var cronTimeZone = "UTC"
    /// The first moment that models have data for.
    public var start: Moment?
    /// Who answers for the models.
    public var owner: String?
    /// Nil: follows from each model's cron.
    public var intervalUnit: IntervalUnit?
    /// Whether intervals are computed before they are over.
    public var allowPartials = false
    /// Audits as written, added to those of each model.
    public var audits: [String] = []

    /// A configuration made by code.
    public init() {}

    init(_ value: YAMLValue) throws(PipelineError) {
        var cronPlace = value
        for (key, part) in try value.mapping() {
            switch key.text {
            case "kind":
                kind = try part.string()
                try part.checked { source throws(PipelineError) in
                    _ = try KindReader.read(
                        SourceFile(path: source.path, text: try part.string()), at: 0, dialect: dialect)
                }
            case "dialect":
                dialect = try part.string().lowercased()
                guard SQLDialect(named: dialect) != nil else {
                    throw part.error("The dialect `\(dialect)` is not supported. Known: postgres, bigquery.")
                }
            case "cron":
                cron = try part.string()
                cronPlace = part
            case "cron_tz":
                cronTimeZone = try part.string()
                cronPlace = part
            case "owner": owner = try part.string()
            case "allow_partials": allowPartials = try part.boolean()
            case "audits":
                for audit in try part.sequence() {
                    audits.append(try audit.string())
                    try audit.checked { source throws(PipelineError) in
                        _ = try ModelProperties(source: source).auditCall(try audit.string(), at: 0)
                    }
                }
            case "start":
                guard let moment = Moment(try part.string()) else {
                    throw part.error("Not a date: write it as 2025-01-31.")
                }
                start = moment
            case "interval_unit":
                guard let unit = IntervalUnit(rawValue: try part.string().lowercased()) else {
                    throw part.error(
                        "Known interval units: \(IntervalUnit.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                intervalUnit = unit
            default:
                throw key.error(
                    "Unknown key `\(key.text)`. Known: kind, dialect, cron, cron_tz, start, owner, interval_unit, "
                        + "allow_partials, audits.")
            }
        }
        do throws(CronError) { _ = try CronSchedule(cron, zone: cronTimeZone) } catch {
            throw cronPlace.error("\(error)")
        }
    }
}

extension YAMLValue {
    /// Runs a reader of texts and tells its mistakes at this value's place.
    fileprivate func checked(_ read: (SourceFile) throws(PipelineError) -> Void) throws(PipelineError) {
        do throws(PipelineError) { try read(SourceFile(path: file, text: text)) } catch {
            throw self.error(error.message)
        }
    }
}

/// `{{ env_var('NAME', 'default') }}` in `config.yaml`.
private enum ConfigTemplate {
    static func expand(_ source: SourceFile, environment: [String: String]) throws(PipelineError) -> SourceFile {
        var text = ""
        var rest = source.text[...]
        while let open = rest.range(of: "{{") {
            if isComment(at: open.lowerBound, in: source.text) {
                let end = rest[open.lowerBound...].firstIndex(of: "\n") ?? rest.endIndex
                text += rest[..<end]
                rest = rest[end...]
                continue
            }
            text += rest[..<open.lowerBound]
            let offset = source.text.utf8.distance(from: source.text.startIndex, to: open.upperBound)
            guard let close = rest.range(of: "}}", range: open.upperBound..<rest.endIndex) else {
                throw source.error(at: offset - 2, "This {{ is never closed.")
            }
            let end = source.text.utf8.distance(from: source.text.startIndex, to: close.lowerBound)
            var parser = JinjaParser(source: source, range: offset..<end)
            text += try value(of: try parser.parseWhole(), source: source, environment: environment, at: offset)
            rest = rest[close.upperBound...]
        }
        return SourceFile(path: source.path, text: text + rest)
    }

    /// True behind a `#` that stands outside of quotes, at the start of the line or after white space.
    private static func isComment(at index: String.Index, in text: String) -> Bool {
        let start = text[..<index].lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
        var quote: Character?
        var previous: Character = " "
        for character in text[start..<index] {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "#", previous.isWhitespace {
                return true
            }
            previous = character
        }
        return false
    }

    private static func value(
        of expression: JinjaExpression, source: SourceFile, environment: [String: String], at offset: Int
    ) throws(PipelineError) -> String {
        guard case .call(let callee, let call) = expression.kind, callee.kind == .name("env_var"),
            (1...2).contains(call.positional.count), case .literal(let name) = call.positional[0].kind
        else { throw source.error(at: offset, "Only env_var('NAME') and env_var('NAME', 'default') may stand here.") }
        if let value = environment[name.plain] { return value }
        if call.positional.count == 2, case .literal(let fallback) = call.positional[1].kind { return fallback.plain }
        throw source.error(at: offset, "The environment variable \(name.plain) is not set, and no default is given.")
    }
}
