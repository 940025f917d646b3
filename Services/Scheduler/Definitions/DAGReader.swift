// DAGReader: `dags/*.yaml` as definitions. A file is good or it is not, with all that is wrong in it; no file takes another down.
import CivilTime
import Cryptography
import Foundation
import Pipeline
import Spelling
import Timetable

/// What `dags/` holds.
struct ReadDefinitions: Sendable, Equatable {
    /// By file.
    var definitions: [DAGDefinition] = []
    /// Why files are no definitions.
    var problems: [PipelineError] = []
    /// Files that were read, good or not.
    var files: [String] = []
    /// What `alerts.yaml` says; `nil` when that is bad: what it said before still holds.
    var alerts: AlertRules?
}

extension PipelineFolder {
    static let dagsFolder = "dags"
    static let dagFileBytesMax = 1 << 20

    /// The DAGs that the folder defines.
    func definitions() -> ReadDefinitions {
        let files = files(in: Self.dagsFolder, extensions: ["yaml", "yml"])
        var read = ReadDefinitions(files: files)
        if contains(AlertReader.file) { read.files.append(AlertReader.file) }
        do throws(PipelineError) {
            read.alerts = try AlertReader.read(self)
        } catch {
            read.problems.append(error)
        }
        var fileOfName: [String: String] = [:]
        for file in files {
            do throws(PipelineError) {
                let text = try text(of: file)
                guard text.utf8.count <= Self.dagFileBytesMax else {
                    throw PipelineError(file: file, message: "This file has more than \(Self.dagFileBytesMax) bytes.")
                }
                let definition = try DAGReader.read(SourceFile(path: file, text: text))
                if let other = fileOfName[definition.name] {
                    throw PipelineError(
                        file: file, line: 1,
                        message: "The DAG `\(definition.name)` is in \(other) already. Give one another name.")
                }
                fileOfName[definition.name] = file
                read.definitions.append(definition)
            } catch {
                read.problems.append(error)
            }
        }
        return read
    }
}

enum DAGReader {
    static let known = [
        "dag", "description", "owner", "tags", "schedule", "timezone", "start", "end", "catch_up", "active_runs_max",
        "run_timeout", "defaults", "params", "tasks",
    ]
    static let tasksMax = 2_000

    /// - Throws: all that is wrong with the file.
    static func read(_ source: SourceFile) throws(PipelineError) -> DAGDefinition {
        let root = try YAMLReader.parse(source)
        let fields = try DAGFields(root, known: known)
        var problems: [PipelineError] = []
        func take<Value>(_ read: () throws(PipelineError) -> Value?) -> Value? {
            do throws(PipelineError) {
                return try read()
            } catch {
                problems.append(error)
                return nil
            }
        }
        let stem = ((source.path as NSString).lastPathComponent as NSString).deletingPathExtension
        let name = take { () throws(PipelineError) in try self.name(fields, stem) }
        let parameters =
            take { () throws(PipelineError) in try DAGParameterReader.read(fields["params"]) } ?? []
        let schedule = take { () throws(PipelineError) in try self.schedule(fields, parameters) }
        var reader = TaskReader(parameters: Set(parameters.map(\.name)))
        take { () throws(PipelineError) in try reader.read(fields) }
        problems += reader.problems
        var definition = DAGDefinition(
            name: name ?? stem, file: source.path,
            description: take { () throws(PipelineError) in try fields.text("description", max: 4_000) },
            owner: take { () throws(PipelineError) in try fields.text("owner", max: 200) },
            tags: take { () throws(PipelineError) in try fields.texts("tags") } ?? [],
            schedule: schedule?.text, zone: schedule?.zone,
            start: take { () throws(PipelineError) in try fields.time("start") },
            end: take { () throws(PipelineError) in try fields.time("end") },
            catchUp: take { () throws(PipelineError) in try fields.choice("catch_up", CatchUp.self) },
            activeRunsMax: take { () throws(PipelineError) in try fields.integer("active_runs_max", in: 1...100) },
            runTimeout: take { () throws(PipelineError) in try fields.duration("run_timeout") },
            parameters: parameters, tasks: reader.tasks,
            version: SHA256.hash(source.text.utf8).prefix(8).map { String(format: "%02x", $0) }.joined())
        if let start = definition.start, let end = definition.end, start >= end {
            problems.append((fields["end"] ?? root).error("`end` is not after `start`."))
        }
        if problems.isEmpty { take { () throws(PipelineError) in try reader.connect(&definition, root) } }
        if let error = PipelineError(all: problems) { throw error }
        return definition
    }

    /// Letters, digits, `-` and `_`: it is part of addresses.
    private static func name(_ fields: DAGFields, _ stem: String) throws(PipelineError) -> String {
        let name = try fields.text("dag") ?? stem
        guard PoolName.isGood(name) else {
            throw (fields["dag"] ?? fields.value).error("A DAG's name is \(PoolName.rule); not `\(name.prefix(80))`.")
        }
        return name
    }

    private static func schedule(
        _ fields: DAGFields, _ parameters: [DAGParameter]
    ) throws(PipelineError) -> (text: String, zone: String?)? {
        let zone = try fields.text("timezone")
        guard let field = fields["schedule"], let text = try fields.text("schedule") else {
            guard zone == nil else { throw fields.value.error("`timezone` without `schedule` means nothing.") }
            return nil
        }
        do throws(CronError) {
            _ = try Schedule(text, zone: zone ?? "UTC", firstSeen: Date())
        } catch {
            if case .zone = error { throw (fields["timezone"] ?? field).error(error.description) }
            throw field.error(error.description)
        }
        if let missing = parameters.first(where: { $0.standard == nil }) {
            throw field.error(
                "On a schedule nobody gives `\(missing.name)`: give it a `default`, or leave `schedule` out.")
        }
        return (text, zone)
    }
}

/// Reads `params`.
enum DAGParameterReader {
    private static let known = [
        "type", "title", "description", "default", "enum", "minimum", "maximum", "minLength", "maxLength", "format",
    ]

    static func read(_ value: YAMLValue?) throws(PipelineError) -> [DAGParameter] {
        guard let value else { return [] }
        var problems: [PipelineError] = []
        var parameters: [DAGParameter] = []
        for (key, schema) in try value.mapping() {
            do throws(PipelineError) {
                parameters.append(try parameter(key, schema))
            } catch {
                problems.append(error)
            }
        }
        if let error = PipelineError(all: problems) { throw error }
        return parameters
    }

    private static func parameter(_ key: YAMLValue, _ schema: YAMLValue) throws(PipelineError) -> DAGParameter {
        guard PoolName.isGood(key.text) else {
            throw key.error("A parameter's name is \(PoolName.rule); not `\(key.text.prefix(80))`.")
        }
        let fields = try DAGFields(schema, known: known)
        let type = try fields.choice("type", DAGParameter.Kind.self) ?? .string
        func number(_ name: String) throws(PipelineError) -> Double? {
            guard let field = fields[name] else { return nil }
            guard type == .integer || type == .number, let number = Double(field.text), number.isFinite else {
                throw field.error("`\(name)` is a number, of an integer or a number.")
            }
            return number
        }
        func length(_ name: String) throws(PipelineError) -> Int? {
            guard let field = fields[name] else { return nil }
            guard type == .string else { throw field.error("`\(name)` is for strings.") }
            return try fields.integer(name, in: 0...DAGParameter.lengthMax)
        }
        var parameter = DAGParameter(
            name: key.text, type: type, title: try fields.text("title"), description: try fields.text("description"),
            standard: nil, allowed: nil, minimum: try number("minimum"), maximum: try number("maximum"),
            minLength: try length("minLength"), maxLength: try length("maxLength"),
            format: try fields.choice("format", DAGParameter.Format.self))
        func value(_ field: YAMLValue) throws(PipelineError) -> ParameterValue {
            let text = try field.string()
            guard let value = ParameterValue(text, as: type) else {
                throw field.error("`\(text.prefix(80))` is no \(type.rawValue).")
            }
            if let problem = parameter.problem(with: value) { throw field.error("`\(text.prefix(80))` \(problem).") }
            return value
        }
        if let list = fields["enum"] {
            var allowed: [ParameterValue] = []
            for entry in try list.sequence() { allowed.append(try value(entry)) }
            parameter.allowed = allowed
        }
        if let standard = fields["default"] { parameter.standard = try value(standard) }
        return parameter
    }
}
