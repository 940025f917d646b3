import ControlPlane
import Foundation
import Kafka
import Logging
import Metrics
import Pipeline
import Planning

/// Writes control messages into the state: commands into the inbox, landings as days to be computed again. A command that
/// makes no sense, whoever sent it, is answered and not carried out.
struct ControlRecorder: Sendable {
    let store: StateStore
    let catalog: EnvironmentCatalog
    /// Called when a command waits.
    let commandArrived: WakeUp
    /// Called when a command that is worked on is to end.
    var cancelAsked = WakeUp()
    /// Called when a message waits to be sent.
    let messageWaits: WakeUp
    /// Who answers.
    let name: String
    let logger: Logger

    /// - Returns: False for messages that are not for this service.
    /// - Throws: What the state has against it.
    func record(_ message: any ControlMessage) async throws -> Bool {
        switch message {
        case let request as TransformRequested:
            if let problem = request.problem(at: Date()) {
                try await refuse(CommandAddress(request), problem)
            } else {
                try await record(request)
            }
            return true
        case let cancel as TransformCancelRequested:
            try await record(cancel)
            return true
        case let landed as DataLanded:
            try await record(landed)
            return true
        default: return false
        }
    }

    /// A command that cannot be read, such as one with an action that this version does not know, is answered when it says
    /// whose it is.
    /// - Returns: False when nobody can be answered.
    func refuse(_ command: UnreadableMessage) async throws -> Bool {
        guard let address = CommandAddress(text: command.text) else { return false }
        try await refuse(address, "The command cannot be read by this version of the transformer: \(command.reason).")
        return true
    }

    private func refuse(_ command: CommandAddress, _ problem: String) async throws {
        logger.warning(
            "command refused",
            metadata: ["task": "\(command.task)", "model": "\(command.model)", "reason": "\(problem)"])
        Counter(label: "transformer_tasks_total", dimensions: [("result", "refused")]).increment()
        try await store.refuse(
            TransformFailed(
                task: command.task, run: command.run, attempt: command.attempt, environment: command.environment,
                model: command.model, worker: name,
                error: ControlFailure(
                    code: TransformerError.Code.invalidRequest.rawValue, message: problem, retriable: false)))
        messageWaits.call()
    }

    private func record(_ request: TransformRequested) async throws {
        let isNew = try await store.receive(request)
        logger.info(
            "command received",
            metadata: [
                "task": "\(request.task)", "attempt": "\(request.attempt)", "model": "\(request.model)",
                "environment": "\(request.environment)", "new": "\(isNew)",
            ])
        if isNew { commandArrived.call() } else { messageWaits.call() }
    }

    private func record(_ cancel: TransformCancelRequested) async throws {
        if let problem = cancel.problem {
            // An answer would be about nobody's task.
            logger.warning("cancellation refused", metadata: ["reason": "\(problem)"])
            return
        }
        let outcome = try await store.cancel(cancel, answeredBy: name)
        logger.info(
            "cancellation received",
            metadata: ["task": "\(cancel.task)", "model": "\(cancel.model)", "outcome": "\(outcome.rawValue)"])
        if outcome == .asked { cancelAsked.call() } else { messageWaits.call() }
    }

    private func record(_ landed: DataLanded) async throws {
        let days = IntervalSet(
            try landed.days.map { text in
                guard let day = Moment(text),
                    // The state reads times of four-digit years.
                    let interval = Interval(from: day, to: min(day.adding(seconds: 86_400), Self.lastMoment))
                else {
                    throw TransformerError(.invalidRequest, "`days`: `\(text.prefix(40))` is not a day.")
                }
                return interval
            })
        try await store.landed(
            landed.table.lowercased(), days, rows: landed.rows, at: Moment(landed.landedAt),
            watermark: landed.lowWatermark.map { Moment($0) },
            reopening: Reopening(try await catalog.all()))
        Counter(label: "transformer_landings_total").increment()
    }

    private static let lastMoment = Moment(year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59)
}

/// Whose a command is, as far as it says so: enough for an answer. Names are cut: whoever sends giants gets no giants back.
struct CommandAddress: Sendable, Equatable {
    let task: String
    let run: String
    let attempt: Int
    let environment: String
    let model: String

    private static let nameMax = 300

    init(_ request: TransformRequested) {
        self.init(request.task, request.run, request.attempt, request.environment, request.model)
    }

    /// Of a command that could not be read whole; `nil` when it does not name its task and run.
    init?(text: String) {
        struct Fields: Decodable {
            let task: String
            let run: String
            let attempt: Int?
            let environment: String?
            let model: String?
        }
        let fields: Fields
        do { fields = try JSONDecoder().decode(Fields.self, from: Data(text.utf8)) } catch { return nil }
        self.init(fields.task, fields.run, fields.attempt ?? 1, fields.environment ?? "", fields.model ?? "")
    }

    private init(_ task: String, _ run: String, _ attempt: Int, _ environment: String, _ model: String) {
        self.task = ControlText.cut(task, to: Self.nameMax)
        self.run = ControlText.cut(run, to: Self.nameMax)
        self.attempt = attempt
        self.environment = ControlText.cut(environment, to: Self.nameMax)
        self.model = ControlText.cut(model, to: Self.nameMax)
    }
}
