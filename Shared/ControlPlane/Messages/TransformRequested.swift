import struct Foundation.Date

/// The scheduler's order: bring `model` up to date. Carrying it out twice changes nothing.
public struct TransformRequested: ControlMessage {
    public static let type = "transform.requested"
    public static let topic = ControlTopic.commands

    /// What is to be done with the model.
    public enum Action: String, Codable, Sendable, CaseIterable {
        /// Compute what is missing before `upTo`.
        case run
        /// Compute `from` to `upTo` again, done or not.
        case backfill
        /// Run the model's audits over what is there.
        case audit
    }

    /// The longest stretch of time that one backfill takes.
    public static let backfillDaysMax = 3_660
    /// The longest name, of anything, in a command.
    static let nameMax = 300
    /// How far the sender's clock may be ahead of the reader's, in seconds.
    static let clockSkewMax: Double = 300

    /// Stays the same over all attempts.
    public var task: String
    public var run: String
    /// Counted from 1.
    public var attempt: Int
    public var action: Action
    public var environment: String
    public var model: String
    /// Start of a backfill; `nil` otherwise.
    public var from: Date?
    /// Data before this time.
    public var upTo: Date
    /// An answer after this time is ignored.
    public var deadline: Date

    /// One environment's commands keep their order.
    public var key: String { environment }
    public var subject: String { task }

    public init(
        task: String, run: String, attempt: Int, action: Action, environment: String, model: String,
        from: Date? = nil, upTo: Date, deadline: Date
    ) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.action = action
        self.environment = environment
        self.model = model
        self.from = from
        self.upTo = upTo
        self.deadline = deadline
    }
}

extension TransformRequested {
    /// Why nobody should carry this out, whoever sent it; `nil` when it makes sense.
    public func problem(at now: Date) -> String? {
        for (name, text) in [("task", task), ("run", run), ("environment", environment), ("model", model)] {
            guard !text.isEmpty, text.utf8.count <= Self.nameMax, !text.utf8.contains(where: { $0 < 32 }) else {
                return "`\(name)` must have 1 to \(Self.nameMax) bytes and no control characters."
            }
        }
        guard (1...Int(Int32.max)).contains(attempt) else { return "`attempt` is \(attempt); it counts from 1." }
        guard upTo.timeIntervalSince(now) <= Self.clockSkewMax else {
            return "`up_to` is \(ControlTime.text(upTo)), which lies in the future: there is nothing to compute yet."
        }
        guard action == .backfill else { return nil }
        guard let from else { return "A backfill needs `from`." }
        guard from < upTo else { return "`from`, \(ControlTime.text(from)), is not before `up_to`." }
        let days = (upTo.timeIntervalSince(from) / 86_400).rounded(.up)
        guard days <= Double(Self.backfillDaysMax) else {
            return "\(Int(days)) days are more than one backfill takes (\(Self.backfillDaysMax)). Split it."
        }
        return nil
    }
}
