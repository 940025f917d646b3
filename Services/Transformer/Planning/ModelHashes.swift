import ModelProject

/// What goes into a model's hashes. `format` changes only together with what a fingerprint means: an upgrade must not
/// rebuild anybody's tables.
struct ModelHashes {
    private static let format = "millrace-fingerprint-1"

    /// Over all that decides rows.
    /// - Parameters:
    ///   - queries: Canonical texts: as a first run and as an incremental run would render it.
    ///   - statements: Canonical texts of pre- and post-statements.
    static func data(_ model: ModelDefinition, queries: [String], statements: [String]) -> String {
        var parts = [format] + settings(model)
        parts += model.columns.map { "\($0.key.lowercased()) \($0.value.lowercased())" }
        return hash(parts + partitions(model) + ["queries"] + queries + ["statements"] + statements)
    }

    /// What decides rows beside the query, its statements and the declared columns.
    static func settings(_ model: ModelDefinition) -> [String] {
        [model.kind.name, model.dialect] + model.kind.options.dataParts + (model.stamp.map { ["stamp", $0] } ?? [])
    }

    /// What decides which rows new ones replace, where partitions do.
    static func partitions(_ model: ModelDefinition) -> [String] {
        switch model.kind {
        case .incrementalByPartition, .incrementalUnmanaged: ["partitions"] + model.partitionedBy
        default: []
        }
    }

    /// Over all that decides none: a difference is worth telling and computes nothing.
    static func metadata(_ model: ModelDefinition, audits: [BoundAudit]) -> String {
        var parts = [format, model.cron, model.cronTimeZone]
        // What counts from now is the same text every day.
        parts += [model.relativeStart ?? model.start?.description ?? "", model.owner ?? ""]
        parts += [model.intervalUnit?.rawValue ?? "", String(model.allowPartials), model.description ?? ""]
        parts += ["tags"] + model.tags + ["grain"] + model.grain
        parts += ["columns"] + model.columnDescriptions.map { "\($0.key)=\($0.value)" }
        parts += model.kind.options.metadataParts
        // What models did not have before is a part only where it is said: an upgrade changes no hash.
        if let end = model.end { parts += ["end", model.relativeEnd ?? end.description] }
        if let signal = model.signal { parts += ["signal"] + signal.tables }
        if !model.sessionProperties.isEmpty {
            parts += ["session"] + model.sessionProperties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        }
        if !model.onVirtualUpdate.isEmpty {
            parts += ["on_virtual_update"] + model.onVirtualUpdate.map { StatementText.canonical($0.text) }
        }
        parts.append("audits")
        for audit in audits { parts += self.audit(audit) }
        return hash(parts)
    }

    /// What makes an audit the one it is.
    static func audit(_ audit: BoundAudit) -> [String] {
        var parts = [audit.name, String(audit.isBlocking)]
        parts += audit.call.arguments.map { "\($0.key)=\($0.value.values.joined(separator: ","))" }
        if case .file(let definition) = audit.query {
            parts.append(definition.query.text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        }
        return parts
    }

    static func fingerprint(dataHash: String, parents: [(ModelName, String)]) -> String {
        hash([format, dataHash] + parents.sorted { $0.0 < $1.0 }.map { "\($0.0)=\($0.1)" })
    }

    /// Lengths go in too, so that no two lists of parts look the same.
    private static func hash(_ parts: [String]) -> String {
        var texts: [String] = []
        for part in parts { texts += [texts.isEmpty ? "\(part.utf8.count):" : "\n\(part.utf8.count):", part] }
        return String(SHA256.hexadecimal(of: texts).prefix(32))
    }
}
