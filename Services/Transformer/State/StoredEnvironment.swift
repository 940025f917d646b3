import Foundation
import ModelProject
import Pipeline
import Planning

/// An environment as it was promoted.
struct StoredEnvironment: Sendable {
    var name: String
    /// The plan that made it what it is.
    var plan: String
    var promotedAt: Moment
    /// Parents before children.
    var models: [StoredModel]
}

/// A model of an environment as the state keeps it.
struct StoredModel: Sendable {
    var model: PromotedModel
    /// The columns of its table.
    var columns: [StoredColumn]

    var id: VersionID { model.id }

    init(_ model: PromotedModel, columns: [StoredColumn]) {
        self.model = model
        self.columns = columns
    }

    /// A row of an environment. One that the version before wrote has texts instead of facts: they are read.
    init(_ row: Row) throws {
        let name = try row.modelName("name")
        let id = VersionID(name: name, version: try row.text("version"))
        let (fingerprint, data, metadata) = (
            try row.text("fingerprint"), try row.text("data_hash"), try row.text("metadata_hash")
        )
        let facts: SnapshotFacts
        if row["facts"] != nil {
            facts = try StoredJSON.decode("facts", of: name, row)
        } else {
            let bundle: ModelBundle = try StoredJSON.decode("bundle", of: name, row)
            facts = SnapshotFacts(
                try SnapshotRestore.snapshot(
                    of: bundle, fingerprint: fingerprint, dataHash: data, metadataHash: metadata))
        }
        model = PromotedModel(id: id, fingerprint: fingerprint, dataHash: data, metadataHash: metadata, facts: facts)
        columns = try StoredColumn.read(try row.text("columns")) ?? StoredJSON.decode("columns", of: name, row)
    }
}

/// A model at one state of its texts, ready to be written down.
struct StoredSnapshot: Sendable {
    /// Follows from what it says: the same state is the same row, whoever promotes it.
    let id: String
    let model: PromotedModel
    let facts: String
    let bundle: String

    init(_ planned: PlannedModel) throws {
        model = PromotedModel(planned)
        facts = try StoredJSON.encode(model.facts)
        bundle = try StoredJSON.encode(planned.snapshot.bundle)
        let parts = [model.name.description, model.fingerprint, model.metadataHash, facts, bundle]
        id = String(SHA256.hexadecimal(parts.joined(separator: "\n")).prefix(32))
    }
}

extension Row {
    /// A model's name.
    func modelName(_ column: String) throws -> ModelName {
        guard let name = ModelName(try text(column)) else {
            throw TransformerError(
                .pipelineError, "the state holds a model without a proper name: \(try text(column))")
        }
        return name
    }
}

/// Values that the state keeps as JSON.
enum StoredJSON {
    static func decode<Value: Decodable>(
        _ column: String, of owner: some CustomStringConvertible, _ row: Row
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(try row.text(column).utf8))
        } catch let error as DecodingError {
            throw TransformerError(.pipelineError, "the stored \(column) of \(owner) is of another form: \(error)")
        }
    }

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// What a model's table is made from, as far as late data asks.
struct TableReads: Codable, Sendable {
    struct Parent: Codable, Sendable { let name: ModelName, version: String }
    let parents: [Parent]
    let sources: [String]
    let unit: IntervalUnit
    let lookback: Int
    let start: Moment

    init(_ facts: SnapshotFacts, _ versions: [ModelName: VersionID]) {
        parents = facts.parents.compactMap { versions[$0] }.map { Parent(name: $0.name, version: $0.version) }
        sources = facts.sources
        unit = facts.unit
        lookback = facts.lookback
        start = facts.start ?? .beginning
    }

    /// As it was stored.
    init(_ text: String) throws {
        do { self = try JSONDecoder().decode(TableReads.self, from: Data(text.utf8)) } catch {
            throw TransformerError(.pipelineError, "what a table is made from is stored in another form: \(error)")
        }
    }

    func node(of table: VersionID) -> Reopening.Node {
        Reopening.Node(
            name: table.name, version: table.version,
            parents: parents.map { VersionID(name: $0.name, version: $0.version) }, sources: sources,
            grid: IntervalGrid(unit), lookback: lookback, start: start)
    }
}

/// A column of a model's table.
struct StoredColumn: Sendable, Codable, Equatable {
    var name: String
    var type: String

    /// What PostgreSQL writes of a jsonb of columns: `[{"name": "id", "type": "bigint"}]`. A plan reads thousands of them: a
    /// reader of any JSON took a fifteenth of all its time for them.
    /// - Returns: Nil for what is written otherwise, and may be right.
    static func read(_ text: String) -> [StoredColumn]? {
        var rest = text.utf8[...]
        func skip(_ word: StaticString) -> Bool {
            let isNext = word.withUTF8Buffer { rest.starts(with: $0) }
            if isNext { rest = rest.dropFirst(word.utf8CodeUnitCount) }
            return isNext
        }
        func string() -> String? {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            let found = rest[..<end]
            guard !found.contains(UInt8(ascii: "\\")) else { return nil }
            rest = rest[rest.index(after: end)...]
            return String(Substring(found))
        }
        guard skip("[") else { return nil }
        var columns: [StoredColumn] = []
        while skip(#"{"name": ""#) {
            guard let name = string(), skip(#", "type": ""#), let type = string(), skip("}") else { return nil }
            columns.append(StoredColumn(name: name, type: type))
            if !skip(", ") { break }
        }
        return skip("]") && rest.isEmpty ? columns : nil
    }
}
