import ControlPlane
import Postgres

/// Somebody wants a command to end that a worker is at.
struct CancelAsked: Error {
    /// Who, and why.
    let reason: String
}

/// What was to be ended.
enum Cancellation: String, Sendable {
    /// It had not begun, and does not any more.
    case ended
    /// A worker is at it, and is told.
    case asked
    /// It was over; its answer is given again.
    case over
    /// A later attempt at it was asked for.
    case superseded
    /// Nothing of it was ever received.
    case unknown
}

extension TransformFailed {
    /// The answer to a command that somebody ended.
    init(cancelled request: TransformRequested, by worker: String, reason: String) {
        self.init(
            task: request.task, run: request.run, attempt: request.attempt, environment: request.environment,
            model: request.model, worker: worker,
            error: .cancelled("\(reason) Intervals that were finished before stay."))
    }
}

extension ControlFailure {
    /// Somebody wanted a task to end.
    fileprivate static func cancelled(_ reason: String) -> ControlFailure {
        ControlFailure(
            code: TransformerError.Code.cancelled.rawValue, message: "The task was cancelled: \(reason)",
            retriable: false)
    }
}

extension StateStore {
    /// Ends a command that waits, and asks the worker of one that is worked on to end it.
    func cancel(_ cancel: TransformCancelRequested, answeredBy name: String) async throws -> Cancellation {
        let reason = cancel.reason.map { "\($0)." } ?? "somebody asked for it."
        return try await change { session in
            let rows = try await session.rows(
                """
                UPDATE transformer.commands SET cancel_reason = \(reason)
                WHERE task = \(cancel.task) AND attempt <= \(cancel.attempt)::integer AND state IN ('waiting', 'running')
                RETURNING state, attempt::text AS attempt
                """)
            guard let row = rows.first else { return try await answerAgain(cancel, by: name, session) }
            guard try row.text("state") == "waiting" else { return .asked }
            try await end(
                cancel.task, state: "failed",
                outcome: try OutboxMessage(answer(cancel, attempt: try row.integer("attempt"), by: name, reason)),
                session)
            return .ended
        }
    }

    private func answerAgain(
        _ cancel: TransformCancelRequested, by name: String, _ session: Session
    ) async throws -> Cancellation {
        let rows = try await session.rows(
            """
            SELECT state, attempt::text AS attempt, outcome::text AS outcome FROM transformer.commands
            WHERE task = \(cancel.task)
            """)
        guard let row = rows.first else {
            let answer = answer(cancel, attempt: cancel.attempt, by: name, "nothing of it was received here.")
            try await send([try OutboxMessage(answer)], session)
            return .unknown
        }
        guard try row.integer("attempt") <= cancel.attempt, let outcome = row["outcome"] else { return .superseded }
        let type = try row.text("state") == "succeeded" ? TransformSucceeded.type : TransformFailed.type
        try await send([OutboxMessage(type: type, payload: outcome)], session)
        return .over
    }

    private func answer(
        _ cancel: TransformCancelRequested, attempt: Int, by name: String, _ reason: String
    ) -> TransformFailed {
        TransformFailed(
            task: cancel.task, run: cancel.run, attempt: attempt, environment: cancel.environment, model: cancel.model,
            worker: name, error: .cancelled(reason))
    }

    /// Throws ``CancelAsked`` when somebody wants `command` to end.
    func checkIsWanted(_ command: LeasedCommand) async throws {
        let rows = try await database.session.rows(
            """
            SELECT cancel_reason AS reason FROM transformer.commands
            WHERE task = \(command.request.task) AND token = \(command.token)::bigint AND cancel_reason IS NOT NULL
            """)
        if let row = rows.first { throw CancelAsked(reason: try row.text("reason")) }
    }
}
