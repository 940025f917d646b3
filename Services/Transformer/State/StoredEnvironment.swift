import Foundation
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
                .unavailable, "The state holds a model without a proper name: \(try row.text("name")).")
        }
        id = VersionID(name: name, version: try row.text("version"))
        fingerprint = try row.text("fingerprint")
        dataHash = try row.text("data_hash")
        metadataHash = try row.text("metadata_hash")
        bundle = try JSONDecoder().decode(ModelBundle.self, from: Data(try row.text("bundle").utf8))
        columns = try JSONDecoder().decode([ColumnDescription].self, from: Data(try row.text("columns").utf8))
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

/// A column of a model's table.
struct ColumnDescription: Sendable, Codable, Equatable {
    var name: String
    var type: String
}
