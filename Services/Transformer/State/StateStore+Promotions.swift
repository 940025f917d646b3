import ModelProject
import Pipeline
import Planning
import Postgres

/// What an environment was once.
struct EarlierPromotion: Sendable {
    let plan: String
    let promotedAt: Moment
    /// Parents before children.
    let models: [PromotedModel]
    /// The snapshots of `models`.
    let snapshots: [String]
}

extension StateStore {
    /// The promotions of an environment, the latest first, without their models.
    func promotions(of environment: String, limit: Int) async throws -> [(plan: String, at: Moment, models: Int)] {
        try await database.session.rows(
            """
            SELECT plan::text AS plan, promoted_at::text AS at, cardinality(snapshots)::text AS models
            FROM transformer.promotions WHERE environment = \(environment)
            ORDER BY promoted_at DESC, plan DESC LIMIT \(limit)::integer
            """
        ).map { (try $0.text("plan"), try $0.moment("at"), try $0.integer("models")) }
    }

    /// A promotion with its models; nil when it is not known, or is another environment's.
    func promotion(_ plan: String, of environment: String) async throws -> EarlierPromotion? {
        let rows = try await database.session.rows(
            """
            SELECT p.promoted_at::text AS at, s.id, s.name, s.fingerprint, s.data_hash, s.metadata_hash,
              s.facts::text AS facts, given.version
            FROM transformer.promotions p, unnest(p.snapshots, p.versions) WITH ORDINALITY
              AS given (snapshot, version, position)
            JOIN transformer.model_snapshots s ON s.id = given.snapshot
            WHERE p.plan::text = \(plan) AND p.environment = \(environment) ORDER BY given.position
            """)
        guard let first = rows.first else { return nil }
        let models = try rows.map { row in
            let name = try row.modelName("name")
            return PromotedModel(
                id: VersionID(name: name, version: try row.text("version")), fingerprint: try row.text("fingerprint"),
                dataHash: try row.text("data_hash"), metadataHash: try row.text("metadata_hash"),
                facts: try StoredJSON.decode("facts", of: name, row))
        }
        return EarlierPromotion(
            plan: plan, promotedAt: try first.moment("at"), models: models,
            snapshots: try rows.map { try $0.text("id") })
    }
}
