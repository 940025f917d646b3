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
    var id: VersionID
    var fingerprint: String
    var dataHash: String
    var metadataHash: String
    var bundle: ModelBundle
    var columns: [ColumnDescription]

    init(_ model: PlannedModel, columns: [ColumnDescription]) {
        id = model.id
        fingerprint = model.snapshot.fingerprint
        dataHash = model.snapshot.dataHash
        metadataHash = model.snapshot.metadataHash
        bundle = model.snapshot.bundle
        self.columns = columns
    }

    init(_ row: Row) throws {
        guard let name = ModelName(try row.text("name")) else {
            throw TransformerError(
                .pipelineError, "the state holds a model without a proper name: \(try row.text("name"))")
        }
        id = VersionID(name: name, version: try row.text("version"))
        fingerprint = try row.text("fingerprint")
        dataHash = try row.text("data_hash")
        metadataHash = try row.text("metadata_hash")
        bundle = try Self.decode(ModelBundle.self, "bundle", of: name, row)
        columns = try Self.decode([ColumnDescription].self, "columns", of: name, row)
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ column: String, of model: ModelName, _ row: Row
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(try row.text(column).utf8))
        } catch let error as DecodingError {
            throw TransformerError(.pipelineError, "the stored \(column) of \(model) is of another form: \(error)")
        }
    }

    var bundleText: String {
        get throws { String(decoding: try Self.encoder.encode(bundle), as: UTF8.self) }
    }

    var columnsText: String {
        get throws { String(decoding: try Self.encoder.encode(columns), as: UTF8.self) }
    }

    /// The model with its SQL templates, as planned when it was promoted.
    func restored() throws(PipelineError) -> PlannedModel {
        let snapshot = try SnapshotRestore.snapshot(
            of: bundle, fingerprint: fingerprint, dataHash: dataHash, metadataHash: metadataHash)
        return PlannedModel(snapshot: snapshot, version: id.version, isNew: false)
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return encoder
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

    init(_ model: PlannedModel, _ versions: [ModelName: VersionID]) {
        let snapshot = model.snapshot
        parents = snapshot.parents.compactMap { versions[$0] }.map { Parent(name: $0.name, version: $0.version) }
        sources = snapshot.sources
        unit = snapshot.grid.unit
        lookback = snapshot.lookback
        start = snapshot.definition.start ?? .beginning
    }

    func node(of table: VersionID) -> Reopening.Node {
        Reopening.Node(
            name: table.name, version: table.version,
            parents: parents.map { VersionID(name: $0.name, version: $0.version) }, sources: sources,
            grid: IntervalGrid(unit), lookback: lookback, start: start)
    }
}

/// A column of a model's table.
struct ColumnDescription: Sendable, Codable, Equatable {
    var name: String
    var type: String
}
