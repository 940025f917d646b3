import Foundation
import Pipeline
import Planning
import Postgres

/// A plan that somebody looks at, until it is carried out.
struct StoredPlan: Sendable {
    /// The promotion that comes of it has the same name.
    let id: String
    /// The present that it was made for.
    let upTo: Moment
    /// What `transformer plan` was told, to be told again.
    let arguments: [String]
    let record: PlanRecord
}

extension StateStore {
    /// How long a plan can be carried out, in seconds: a week.
    static let plansKept = 7 * 86_400

    /// Writes a plan down.
    func keep(_ plan: StoredPlan) async throws {
        try await database.session.execute(
            """
            INSERT INTO transformer.plans (id, environment, up_to, arguments, record)
            VALUES (\(plan.id)::uuid, \(plan.record.environment), \(plan.upTo.description)::timestamptz,
              \(try StoredJSON.encode(plan.arguments))::jsonb, \(try StoredJSON.encode(plan.record))::jsonb)
            """)
    }

    /// - Parameter id: The plan, or the beginning of its name.
    /// - Throws: `invalidRequest` when there is no such plan, or more than one; `conflict` when it has been carried out.
    func storedPlan(_ id: String) async throws -> StoredPlan {
        let rows = try await database.session.rows(
            """
            SELECT id::text AS id, up_to::text AS up_to, arguments::text AS arguments, record::text AS record,
              applied_at::text AS applied_at
            FROM transformer.plans WHERE starts_with(id::text, \(id.lowercased())) LIMIT 2
            """)
        guard let row = rows.first, rows.count == 1, !id.isEmpty else {
            let what = rows.isEmpty ? "no plan" : "more than one plan"
            throw TransformerError(
                .invalidRequest,
                "There is \(what) that begins with `\(id)`. A plan is kept for a week: `transformer plan` makes another."
            )
        }
        let found = try row.text("id")
        if row["applied_at"] != nil {
            let at = try row.moment("applied_at").timestamp(fraction: false)
            throw TransformerError(.conflict, "The plan \(found) has been carried out at \(at) UTC. Nothing was done.")
        }
        return StoredPlan(
            id: found, upTo: try row.moment("up_to"),
            arguments: try StoredJSON.decode("arguments", of: "the plan \(found)", row),
            record: try StoredJSON.decode("record", of: "the plan \(found)", row))
    }

    /// Says that a plan was carried out to its end.
    func markApplied(_ plan: StoredPlan) async throws {
        try await database.session.execute(
            "UPDATE transformer.plans SET applied_at = now() WHERE id = \(plan.id)::uuid")
    }

    /// Forgets plans that nobody has carried out.
    func forgetPlans(olderThan seconds: Int) async throws {
        try await database.session.execute(
            "DELETE FROM transformer.plans WHERE made_at < now() - make_interval(secs => \(seconds)::integer)")
    }
}
