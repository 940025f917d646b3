/// The scheduler's order: end what is done for a task. A statement that runs for it ends in the database, and nothing of that
/// is kept; intervals that were finished before stay. The answer is `transform.failed` with the code `cancelled`, or the
/// answer that the task has got already.
public struct TransformCancelRequested: ControlMessage {
    public static let type = "transform.cancel_requested"
    public static let topic = ControlTopic.commands

    public var task: String
    public var run: String
    /// This attempt and earlier ones are meant; a later one goes on.
    public var attempt: Int
    public var environment: String
    public var model: String
    /// Who wants it, and why, for people.
    public var reason: String?

    /// It comes behind the command that it ends.
    public var key: String { environment }
    public var subject: String { task }

    /// No longer: it comes back in the answer.
    static let reasonMax = 500

    /// - Parameter reason: Cut when it is very long.
    public init(
        task: String, run: String, attempt: Int, environment: String, model: String, reason: String? = nil
    ) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.environment = environment
        self.model = model
        self.reason = reason.map { ControlText.cut($0, to: Self.reasonMax) }
    }
}

extension TransformCancelRequested {
    /// Why nobody can carry this out, whoever sent it; `nil` when it makes sense.
    public var problem: String? {
        for (name, text) in [("task", task), ("run", run), ("environment", environment), ("model", model)] {
            guard !text.isEmpty, text.utf8.count <= TransformRequested.nameMax, !text.utf8.contains(where: { $0 < 32 })
            else { return "`\(name)` must have 1 to \(TransformRequested.nameMax) bytes and no control characters." }
        }
        guard (1...Int(Int32.max)).contains(attempt) else { return "`attempt` is \(attempt); it counts from 1." }
        return nil
    }
}
