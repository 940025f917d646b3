import ControlPlane
import Foundation
import Pipeline
import Planning
import Postgres

/// A command taken from the inbox, and the right to work on it.
struct LeasedCommand: Sendable {
    let request: TransformRequested
    /// Grows with each taking: an older holder's writes are refused.
    let token: Int
    let worker: String
}

extension StateStore {
    /// Puts a command into the inbox. The same task again does nothing, unless its last attempt failed and this is a
    /// later one; a task that succeeded answers again.
    /// - Returns: True when there is something to work on.
    func receive(_ request: TransformRequested) async throws -> Bool {
        try await change { session in
            let inserted = try await session.rows(
                """
                INSERT INTO transformer.commands AS c
                  (task, run, attempt, action, environment, model, from_time, up_to, deadline)
                VALUES (\(request.task), \(request.run), \(request.attempt)::integer, \(request.action.rawValue),
                  \(request.environment), \(request.model), \(request.from.map { Moment($0).description })::timestamptz,
                  \(Moment(request.upTo).description)::timestamptz, \(Moment(request.deadline).description)::timestamptz)
                ON CONFLICT (task) DO UPDATE SET attempt = excluded.attempt, deadline = excluded.deadline,
                  cancel_reason = NULL,
                  state = CASE WHEN c.state = 'failed' THEN 'waiting' ELSE c.state END
                WHERE excluded.attempt > c.attempt
                RETURNING state
                """)
            if try inserted.first?.text("state") == "waiting" { return true }
            let answers = try await session.rows(
                """
                SELECT outcome::text AS outcome FROM transformer.commands
                WHERE task = \(request.task) AND state = 'succeeded' AND outcome IS NOT NULL
                """)
            if let answer = answers.first, var succeeded = try Self.succeeded(answer.text("outcome")) {
                succeeded.attempt = max(succeeded.attempt, request.attempt)
                try await send([try OutboxMessage(succeeded)], session)
            }
            return false
        }
    }

    /// Takes the oldest command that waits, or whose worker has stopped renewing its lease. One that this version cannot
    /// read is left to a newer one until its deadline, and then answered with that.
    func take(worker: String, lease: Duration) async throws -> LeasedCommand? {
        while let row = try await takeRow(worker: worker, lease: lease) {
            let token = try row.integer("token")
            do {
                return LeasedCommand(request: try Self.request(row), token: token, worker: worker)
            } catch {
                try await refuse(row, token: token, worker: worker, "\(error)")
            }
        }
        return nil
    }

    private func takeRow(worker: String, lease: Duration) async throws -> Row? {
        let actions = String(decoding: try JSONEncoder().encode(TransformRequested.Action.allCases), as: UTF8.self)
        return try await database.session.rows(
            """
            UPDATE transformer.commands SET state = 'running', worker = \(worker), token = token + 1,
              started_at = now(), lease_until = now() + make_interval(secs => \(lease.secondsText)::double precision)
            WHERE task = (
              SELECT task FROM transformer.commands
              WHERE (state = 'waiting' OR (state = 'running' AND lease_until < now()))
                AND (action IN (SELECT jsonb_array_elements_text(\(actions)::jsonb)) OR deadline < now())
              ORDER BY received_at, task LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING task, run, attempt::text AS attempt, action, environment, model, from_time::text AS from_time,
              up_to::text AS up_to, deadline::text AS deadline, token::text AS token
            """
        ).first
    }

    private static func request(_ row: Row) throws -> TransformRequested {
        let text = try row.text("action")
        guard let action = TransformRequested.Action(rawValue: text) else {
            throw TransformerError(.invalidRequest, "The action `\(text)` is not known to this version.")
        }
        return TransformRequested(
            task: try row.text("task"), run: try row.text("run"), attempt: try row.integer("attempt"), action: action,
            environment: try row.text("environment"), model: try row.text("model"),
            from: try row["from_time"] == nil ? nil : row.moment("from_time").date, upTo: try row.moment("up_to").date,
            deadline: try row.moment("deadline").date)
    }

    /// Ends a command that cannot be read: it would be taken again and again.
    private func refuse(_ row: Row, token: Int, worker: String, _ reason: String) async throws {
        let answer = TransformFailed(
            task: try row.text("task"), run: try row.text("run"), attempt: try row.integer("attempt"),
            environment: try row.text("environment"), model: try row.text("model"), worker: worker,
            error: ControlFailure(
                code: TransformerError.Code.invalidRequest.rawValue, message: reason, retriable: false))
        try await change { session in
            let ended = try await session.execute(
                """
                UPDATE transformer.commands SET state = 'failed', finished_at = now(), lease_until = NULL,
                  outcome = \(try OutboxMessage(answer).payload)::jsonb
                WHERE task = \(answer.task) AND token = \(token)::bigint AND state = 'running'
                """)
            if ended == 1 { try await send([try OutboxMessage(answer)], session) }
        }
    }

    /// Keeps a command.
    /// - Returns: The deadline of the latest attempt at its task; nil when the command is another worker's now.
    func renew(_ command: LeasedCommand, lease: Duration) async throws -> Date? {
        try await database.session.rows(
            """
            UPDATE transformer.commands
            SET lease_until = now() + make_interval(secs => \(lease.secondsText)::double precision)
            WHERE task = \(command.request.task) AND token = \(command.token)::bigint AND state = 'running'
            RETURNING deadline::text AS deadline
            """
        ).first?.moment("deadline").date
    }

    /// Gives a command back to be begun again, when a later attempt has moved its deadline: the deadline of the attempt
    /// before is not that one's failure.
    /// - Returns: False when the command is still this worker's, and late.
    func releaseIfExtended(_ command: LeasedCommand) async throws -> Bool {
        try await database.session.execute(
            """
            UPDATE transformer.commands SET state = 'waiting', lease_until = NULL
            WHERE task = \(command.request.task) AND token = \(command.token)::bigint AND state = 'running'
              AND deadline > now()
            """) == 1
    }

    /// Throws when `command` is another worker's now. For transactions that depend on the lease.
    func check(_ command: LeasedCommand, _ session: Session) async throws {
        let rows = try await session.rows(
            """
            SELECT 1 AS found FROM transformer.commands
            WHERE task = \(command.request.task) AND token = \(command.token)::bigint AND state = 'running' FOR UPDATE
            """)
        if rows.isEmpty {
            throw TransformerError(.leaseLost, "The task \(command.request.task) was taken over by another worker.")
        }
    }

    /// Ends a command and puts its answer into the outbox, in one transaction. The answer carries the latest attempt.
    func finish(_ command: LeasedCommand, succeeded: TransformSucceeded) async throws {
        try await change { session in
            try await check(command, session)
            var answer = succeeded
            answer.attempt = try await latestAttempt(command, session)
            try await end(command.request.task, state: "succeeded", outcome: try OutboxMessage(answer), session)
        }
    }

    func finish(_ command: LeasedCommand, failed: TransformFailed) async throws {
        try await change { session in
            try await check(command, session)
            var answer = failed
            answer.attempt = try await latestAttempt(command, session)
            try await end(command.request.task, state: "failed", outcome: try OutboxMessage(answer), session)
        }
    }

    /// Gives a command back untouched: this worker stops.
    func release(_ command: LeasedCommand) async throws {
        _ = try await database.session.execute(
            """
            UPDATE transformer.commands SET state = 'waiting', lease_until = NULL
            WHERE task = \(command.request.task) AND token = \(command.token)::bigint AND state = 'running'
            """)
    }

    private func latestAttempt(_ command: LeasedCommand, _ session: Session) async throws -> Int {
        let rows = try await session.rows(
            "SELECT attempt::text AS attempt FROM transformer.commands WHERE task = \(command.request.task)")
        return try rows.first?.integer("attempt") ?? command.request.attempt
    }

    /// Ends a command, in the transaction of `session`.
    func end(_ task: String, state: String, outcome: OutboxMessage, _ session: Session) async throws {
        try await session.execute(
            """
            UPDATE transformer.commands SET state = \(state), finished_at = now(), lease_until = NULL,
              outcome = \(outcome.payload)::jsonb
            WHERE task = \(task)
            """)
        try await send([outcome], session)
    }

    private static func succeeded(_ payload: String) throws -> TransformSucceeded? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        return try decoder.decode(TransformSucceeded.self, from: Data(payload.utf8))
    }
}

extension Duration {
    /// Seconds with a fraction, as SQL reads them.
    var secondsText: String { String(Double(components.seconds) + Double(components.attoseconds) / 1e18) }
}
