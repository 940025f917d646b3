import Pipeline

/// A table that models read and that others fill, as `external_models.yaml` declares it.
public struct ExternalModel: Sendable, Equatable {
    /// `schema.name` or `name`, lower case, as models read it.
    public let name: String
    /// In the order of the file; empty where none are declared.
    public let columns: [RelationColumn]
    /// The gateway that it holds for; nil: all.
    public let gateway: String?
    /// Relative to the pipeline folder.
    public let file: String
    /// From 1.
    public let line: Int?

    /// Reads a list of tables.
    /// - Parameter databases: What the first of three parts of a name may be; empty: anything.
    static func parse(_ source: SourceFile, in databases: Set<String>) throws(PipelineError) -> [ExternalModel] {
        let root = try YAMLReader.parse(source)
        if root.node.mapping?.isEmpty == true { return [] }
        var found: [ExternalModel] = []
        for entry in try root.sequence() { found.append(try ExternalModel(entry, databases)) }
        return found
    }

    private init(_ value: YAMLValue, _ databases: Set<String>) throws(PipelineError) {
        var name: String?
        var columns: [RelationColumn] = []
        var gateway: String?
        for (key, part) in try value.mapping() {
            switch key.text {
            case "name": name = try Self.name(part, databases)
            case "columns":
                for (column, type) in try part.mapping() {
                    columns.append(RelationColumn(column.text, type.isNull ? nil : try type.string()))
                }
            case "gateway": gateway = part.isNull ? nil : try part.string()
            case "audits" where part.isNull || part.node.sequence?.isEmpty == true: break
            case "audits":
                throw key.error(
                    "Tables that others fill are not audited by their entry here. Write the audit in audits/ with "
                        + "`standalone true`: its query may read any table.")
            default:
                guard Self.forPeople.contains(key.text) else {
                    let known = ["name", "columns", "gateway", "audits"] + Self.forPeople
                    throw key.error("Unknown key `\(key.text)`. Known: \(known.sorted().joined(separator: ", ")).")
                }
            }
        }
        guard let name else { throw value.error("An external model has a `name`.") }
        self.name = name
        self.columns = columns
        self.gateway = gateway
        file = value.file
        line = value.node.mark?.line
    }

    /// What is said for those who read the file; the table is its owner's, and nothing here computes it.
    private static let forPeople = [
        "description", "column_descriptions", "owner", "tags", "grain", "grains", "references", "dialect", "cron",
        "start",
        "kind", "physical_properties", "virtual_properties", "project", "stamp",
    ]

    private static func name(_ value: YAMLValue, _ databases: Set<String>) throws(PipelineError) -> String {
        let parts = try value.string().split(separator: ".", omittingEmptySubsequences: false).map {
            String($0).identifierName
        }
        guard (1...3).contains(parts.count), !parts.contains("") else {
            throw value.error("`\(value.text)` is not a table's name. Write it as schema.name.")
        }
        if parts.count == 3, !databases.isEmpty, !databases.contains(parts[0]) {
            throw value.error(
                "\(value.text) is in the database \(parts[0]), and models run in "
                    + "\(databases.sorted().joined(separator: ", ")): a query cannot read another database.")
        }
        return parts.suffix(2).joined(separator: ".").lowercased()
    }
}

extension PipelineFolder {
    /// Where tables that are no models are declared, in the order in which they are read.
    var externalModelFiles: [String] {
        ["external_models.yaml", "external_models.yml"].filter(contains)
            + files(in: "external_models", extensions: ["yaml", "yml"])
    }
}

extension [ExternalModel] {
    /// Those that hold for `gateway`: an entry for it wins over one for all.
    func chosen(for gateway: String?) throws(PipelineError) -> [ExternalModel] {
        var chosen: [String: ExternalModel] = [:]
        for model in self where model.gateway == nil || model.gateway == gateway {
            guard let other = chosen[model.name] else {
                chosen[model.name] = model
                continue
            }
            if other.gateway == model.gateway {
                throw PipelineError(
                    file: model.file, line: model.line,
                    message: "The table \(model.name) is also in \(other.file)\(other.line.map { ":\($0)" } ?? "").")
            }
            if model.gateway != nil { chosen[model.name] = model }
        }
        return chosen.values.sorted { $0.name < $1.name }
    }
}
