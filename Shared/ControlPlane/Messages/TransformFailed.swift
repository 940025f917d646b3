/// transformer: an attempt at a task failed.
public struct TransformFailed: ControlMessage {
    public static let type = "transform.failed"
    public static let topic = ControlTopic.events

    public var task: String
    public var run: String
    public var attempt: Int
    public var environment: String
    public var model: String
    public var worker: String
    public var error: ControlFailure

    public var key: String { task }

    public init(
        task: String, run: String, attempt: Int, environment: String, model: String, worker: String,
        error: ControlFailure
    ) {
        self.task = task
        self.run = run
        self.attempt = attempt
        self.environment = environment
        self.model = model
        self.worker = worker
        self.error = error
    }
}

/// Why something failed, told across services.
public struct ControlFailure: Codable, Sendable, Hashable {
    /// A short word for programs: `audit_failed`, `sql_error` …
    public var code: String
    /// For people: what happened, to what, what to do.
    public var message: String
    /// Whether another attempt may succeed without anybody changing anything.
    public var retriable: Bool

    /// No longer: a failure may quote rows or SQL, and a message has its limit.
    static let messageMax = 4_000

    /// - Parameter message: Cut when it is very long.
    public init(code: String, message: String, retriable: Bool) {
        self.code = ControlText.cut(code, to: 100)
        self.message = ControlText.cut(message, to: Self.messageMax)
        self.retriable = retriable
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            code: try container.decode(String.self, forKey: .code),
            message: try container.decode(String.self, forKey: .message),
            retriable: try container.decode(Bool.self, forKey: .retriable))
    }
}
