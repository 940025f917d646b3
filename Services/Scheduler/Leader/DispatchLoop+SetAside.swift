// Dealing with one thing at a time: written, or, when the state will not have it, set aside.
import ControlPlane
import Foundation
import Kafka
import Logging
import Metrics
import Postgres

extension DispatchLoop {
    /// One thing to deal with, and how it is written down when that cannot be done.
    struct Subject {
        let kind: SetAsideRecord.Kind
        let name: String
        var dag: String?
        /// A message, kept so that it can be said again.
        var message: (any ControlMessage)?
        /// Of a tick: ticks up to here are dealt with, whatever comes of this one.
        var tick: Date?

        init(
            _ kind: SetAsideRecord.Kind, _ name: String, dag: String? = nil, message: (any ControlMessage)? = nil,
            tick: Date? = nil
        ) {
            self.kind = kind
            self.name = name
            self.dag = dag
            self.message = message
            self.tick = tick
        }

        var id: String { SetAsideRecord.id(kind, name) }

        func record(_ error: any Error, at now: Date) throws -> SetAsideRecord {
            SetAsideRecord(
                kind, name, dag: dag, type: message.map { type(of: $0).type },
                payload: try message.map { try StateJSON.text($0) }, reason: error, at: now)
        }
    }

    private static let triesMax = 3
    private static let firstPause: Duration = .milliseconds(100)
    /// No more is kept than somebody could look at. What comes then is told in the log alone.
    private static let setAsideMax = 1_000

    /// Decides about one thing and writes what follows. When the state refuses it, everything is as before, and it is
    /// tried again a little later; after the third time it is set aside.
    /// - Returns: False when it was set aside.
    /// - Throws: When the state cannot be worked with, or is another leader's.
    @discardableResult
    mutating func deal(
        _ subject: Subject, _ now: Date, _ work: (inout DispatchLoop, inout StateChange) throws -> Void
    ) async throws -> Bool {
        var pause = Self.firstPause
        var tries = 1
        while true {
            let before = (dags, runs)
            do {
                var change = StateChange()
                try work(&self, &change)
                try grantPlaces(now, &change)
                settle(subject.id, in: &change)
                if !change.isEmpty { try await write(change) }
                return true
            } catch {
                (dags, runs) = before
                guard Self.isOfTheThing(error) else { throw error }
                guard tries < Self.triesMax, error is PostgresError else {
                    try await putAside(subject, error, now)
                    return false
                }
                tries += 1
                try await Task.sleep(for: pause)
                pause *= 4
            }
        }
    }

    /// Whether the failure may be the thing's own: anything but a state that is away or another leader's. That the state
    /// can be written otherwise shows when the thing is set aside.
    private static func isOfTheThing(_ error: any Error) -> Bool {
        switch error {
        case is CancellationError, is StateError, is KafkaError: return false
        case let error as PostgresError:
            switch error.code {
            case .server, .decoding, .invalidUse: return !error.isRetriable
            default: return false
            }
        default: return true
        }
    }

    private mutating func putAside(_ subject: Subject, _ error: any Error, _ now: Date) async throws {
        var change = StateChange()
        putAside(try subject.record(error, at: now), in: &change)
        if subject.kind == .run { runs[subject.name] = nil }
        if subject.kind == .act { change.actsDone = [subject.name] }
        if let tick = subject.tick, let dag = subject.dag { change.cursors = [.init(dag: dag, cursorAt: tick)] }
        try await write(change)
    }

    /// Notes that something is set aside; it is once `change` is written.
    mutating func putAside(_ record: SetAsideRecord, in change: inout StateChange) {
        Counter(label: "scheduler_set_aside_total", dimensions: [("kind", record.kind.rawValue)]).increment()
        logger.log(
            level: setAside.contains(record.id) ? .debug : .error, "set aside",
            metadata: ["id": "\(record.id)", "dag": "\(record.dag ?? "")", "error": "\(record.reason)"])
        guard setAside.contains(record.id) || setAside.count < Self.setAsideMax else { return }
        change.setAside.append(record)
        change.notices.insert(.init(dag: "*"))
    }

    /// Notes that something is in order now.
    func settle(_ id: String, in change: inout StateChange) {
        guard setAside.contains(id) else { return }
        change.settled.insert(id)
        change.notices.insert(.init(dag: "*"))
    }

    // MARK: Messages

    mutating func take(_ message: EnvironmentMessage, _ now: Date) async throws {
        let name = message.environment
        guard settings.environments.isEmpty || settings.environments.contains(name) else { return }
        switch message {
        case .manifest(let manifest):
            try await deal(.init(.environment, name, dag: name, message: manifest), now) { loop, change in
                try loop.learn(manifest, now, &change)
            }
        case .removed(let environment):
            let removed = EnvironmentRemoved(environment: environment)
            try await deal(.init(.environment, name, dag: name, message: removed), now) { loop, change in
                try loop.forget(environment, now, &change)
            }
        case .unreadable(_, let text, let reason):
            let id = SetAsideRecord.id(.environment, name)
            guard !setAside.contains(id) else { return }
            var change = StateChange()
            putAside(
                SetAsideRecord(
                    .environment, name, dag: name, type: EnvironmentManifest.type, payload: text,
                    reason: Unusable(reason), at: now),
                in: &change)
            try await write(change)
        }
    }

    mutating func take(_ answer: ControlEnvelope, _ now: Date) async throws {
        let subject = Subject(.answer, "\(answer.position)@\(answer.offset)", message: answer.message)
        try await deal(subject, now) { loop, change in try loop.hear(answer.message, now, &change) }
    }

    /// An answer that this version cannot read. Messages of other kinds are none of the scheduler's business.
    mutating func take(_ message: UnreadableMessage, _ now: Date) async throws {
        guard Self.answers.contains(message.type) else { return }
        var change = StateChange()
        putAside(
            SetAsideRecord(
                .answer, "\(message.position)@\(message.offset)", type: message.type, payload: message.text,
                reason: Unusable(message.reason), at: now),
            in: &change)
        try await write(change)
    }

    private static let answers: Set<String> = [
        TransformStarted.type, TransformProgressed.type, TransformSucceeded.type, TransformFailed.type,
    ]

    // MARK: Again

    /// Tries again what somebody wants tried again.
    mutating func retrySetAside(_ now: Date) async throws {
        let all = try await store.setAside()
        // What was dropped meanwhile may be set aside anew.
        setAside = Set(all.map(\.id))
        for record in all where record.isRetry {
            do {
                var change = StateChange()
                change.settled = [record.id]
                // A run is read anew: it is taken up, or set aside again, with the other runs.
                if record.kind == .run {
                    try await write(change)
                } else {
                    let subject = Subject(
                        record.kind, String(record.id.dropFirst(record.kind.rawValue.count + 1)), dag: record.dag,
                        message: record.kind == .outbox ? nil : try message(record))
                    try await deal(subject, now) { loop, change in try loop.again(record, now, &change) }
                }
            } catch let error as Unusable {
                var again = record
                again.reason = error.description
                var change = StateChange()
                putAside(again, in: &change)
                try await write(change)
            }
        }
    }

    private mutating func again(_ record: SetAsideRecord, _ now: Date, _ change: inout StateChange) throws {
        switch record.kind {
        case .environment, .answer:
            switch try message(record) {
            case let manifest as EnvironmentManifest: try learn(manifest, now, &change)
            case let removed as EnvironmentRemoved: try forget(removed.environment, now, &change)
            case let answer: try hear(answer, now, &change)
            }
        case .outbox:
            guard let type = record.type, let payload = record.payload else { return }
            change.outbox.append(
                OutboxRecord(messageId: UUIDv7.make(at: now).text, type: type, payload: payload))
        default: break  // a row of scheduler.dags: a manifest settles it
        }
    }

    private func message(_ record: SetAsideRecord) throws -> any ControlMessage {
        func decode<Message: ControlMessage>(_ type: Message.Type) throws -> any ControlMessage {
            try StateJSON.value(type, from: record.payload ?? "")
        }
        guard let type = ControlMessages.all.first(where: { $0.type == record.type }) else {
            throw Unusable("messages of type \(record.type ?? "") are not known to this version")
        }
        do {
            return try decode(type)
        } catch {
            throw Unusable(StateJSON.reason(error))
        }
    }
}
