// LeaderTerm: from being elected to giving the place up. It ends when it is told to, when the place is lost, or when the
// database or the broker cannot be worked with; whoever leads next starts from what was written.
import ControlPlane
import Foundation
import Kafka
import Logging
import Pipeline
import ServiceRuntime

/// What a leader needs.
struct LeaderParts: Sendable {
    let store: StateStore
    let kafka: KafkaSettings
    let settings: SchedulerSettings
    let changes: ChangeFeed
    let executors: ExecutorParts
    /// The pipeline folder, whose `dags/` is read; `nil`: none.
    let folder: String?
    /// This process, for people.
    let holder: String
    let now: @Sendable () -> Date
    let logger: Logger
}

struct LeaderTerm: Sendable {
    let parts: LeaderParts
    let lease: Lease
    let epoch: Int64

    /// Leads until `stopping` ends or something fails. The place is given up in the end, whatever happened.
    /// - Parameter begun: Called when what the leader before left has been read, and work begins.
    func run(until stopping: @escaping @Sendable () async -> Void, begun: () -> Void) async throws {
        let logger = parts.logger
        let publisher = try ControlPublisher(parts.kafka, source: "/millrace/scheduler", logger: logger)
        let outbox = OutboxSender(publisher, store: parts.store, logger: logger)
        let inbox = LeaderInbox()
        let alarm = Alarm { inbox.post(.clock) }
        let executors = Executors(parts.executors)
        let alerts = AlertSender(parts.executors, now: parts.now)
        let pool = ExecutorPool(executors, inbox: inbox, worker: parts.holder, now: parts.now)
        var failure: (any Error)?
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await keepPlace() }
                let answers = try await readableAnswers()
                var loop = DispatchLoop(
                    store: parts.store, epoch: epoch, settings: parts.settings, inbox: inbox, outbox: outbox,
                    executors: pool, alerts: alerts, alertRules: alertRules(), alarm: alarm,
                    now: parts.now, logger: logger)
                try await loop.load()
                begun()
                group.addTask { [loop] in
                    var loop = loop
                    try await loop.run()
                }
                group.addTask { try await outbox.run() }
                group.addTask { await pool.run() }
                group.addTask { try await alerts.run() }
                group.addTask { try await readDefinitions(into: inbox) }
                group.addTask { try await readManifests(into: inbox) }
                group.addTask { try await readAnswers(answers, into: inbox) }
                group.addTask {
                    for await change in parts.changes.subscribe() {
                        if change.map({ $0.isRequest == true }) ?? true { inbox.post(.requests) }
                    }
                }
                group.addTask { try await clearHistory() }
                group.addTask { await stopping() }
                defer { group.cancelAll() }
                _ = try await group.next()  // the first to end ends the term
            }
        } catch {
            failure = error
        }
        alarm.cancel()
        inbox.close()
        outbox.finish()
        pool.finish()
        await publisher.close()
        await executors.publisher.close()
        do {
            try await lease.release(epoch)
        } catch {
            logger.warning("place not given up; it runs out by itself", metadata: ["error": "\(error)"])
        }
        if let failure, !(failure is CancellationError) { throw failure }
    }

    /// Renews the lease three times in its length; a renewal that fails ends the term.
    private func keepPlace() async throws {
        while true {
            try await Task.sleep(for: lease.length / 3)
            guard try await lease.renew(epoch) else { throw StateError.deposed }
        }
    }

    /// Forgets runs that ended long ago, now and every hour.
    private func clearHistory() async throws {
        while true {
            let forgotten = try await parts.store.forgetRuns(
                before: parts.now().addingTimeInterval(-parts.settings.history.seconds))
            if forgotten > 0 { parts.logger.info("old runs forgotten", metadata: ["runs": "\(forgotten)"]) }
            try await Task.sleep(for: .seconds(3600))
        }
    }

    /// Reads the environments' topic from its beginning. It may hold older words on an environment: only the last one of
    /// each is dealt with, and nothing begins before they are known. Then word by word.
    private func readManifests(into inbox: LeaderInbox) async throws {
        let subscriber = try ControlSubscriber(
            parts.kafka, topics: [.environments], from: .beginning, logger: parts.logger)
        var known: [String: EnvironmentMessage]? = [:]
        try await read(subscriber) { delivery in
            if let message = EnvironmentMessage(delivery) {
                if known == nil {
                    await inbox.send(.environment(message))
                } else if case .unreadable = message, known?[message.environment] != nil {
                    return  // what could be read of it before still holds
                } else {
                    known?[message.environment] = message
                }
            } else if case .caughtUp = delivery, let all = known {
                known = nil
                await inbox.send(.environments(all.sorted { $0.key < $1.key }.map(\.value)))
                inbox.post(.requests)
                inbox.post(.clock)
            }
        }
    }

    /// What is to be told from the first event on. A bad file is told of when the folder is read.
    private func alertRules() -> AlertRules {
        guard let folder = parts.folder else { return AlertRules() }
        do throws(PipelineError) {
            return try AlertReader.read(try PipelineFolder(at: folder))
        } catch {
            parts.logger.warning("no alerts before this is put right", metadata: ["error": "\(error)"])
            return AlertRules()
        }
    }

    /// Tells what `dags/` holds. The same again is told once more, and changes nothing.
    private func readDefinitions(into inbox: LeaderInbox) async throws {
        guard let folder = parts.folder else { return try await Task.sleep(for: .seconds(Int64.max / 2)) }
        try await DefinitionWatch(path: folder, logger: parts.logger).run { await inbox.send(.definitions($0)) }
    }

    private func readAnswers(_ positions: [TopicPartition: StartPosition], into inbox: LeaderInbox) async throws {
        let subscriber = try ControlSubscriber(parts.kafka, positions: positions, logger: parts.logger)
        try await read(subscriber) { delivery in
            switch delivery {
            case .message(let envelope): await inbox.send(.answer(envelope))
            case .unreadable(let message): await inbox.send(.unreadable(message))
            // What was missed is made up for: an attempt without an answer is made again at its deadline.
            case .gap, .caughtUp: break
            }
        }
    }

    private func read(
        _ subscriber: ControlSubscriber, _ handle: (ControlSubscriber.Delivery) async -> Void
    ) async throws {
        let trouble = TroubleLog("control topic not readable at the moment", logger: parts.logger)
        do {
            try await subscriber.readEach(trouble: trouble.note(outcome:), handle)
        } catch {
            try? await subscriber.close()  // the first error is the one that counts
            throw error
        }
        try await subscriber.close()
    }

    /// Where each partition of the events is read on: where the leader before stopped. A partition that nobody has read
    /// yet is read from its present end, and that is written down before anything is asked for, so that no answer can be
    /// missed.
    private func readableAnswers() async throws -> [TopicPartition: StartPosition] {
        let watermarks = try await eventWatermarks()
        let known = Dictionary(
            try await parts.store.positions().map { (TopicPartition($0.topic, $0.partition), $0.nextOffset) }
        ) { first, _ in first }
        var positions: [TopicPartition: StartPosition] = [:]
        var change = StateChange()
        for (partition, offsets) in watermarks {
            let next =
                known[partition].map { min(max($0, offsets.lowerBound), offsets.upperBound) } ?? offsets.upperBound
            positions[partition] = .offset(next)
            change.positions.append(
                PositionRecord(topic: partition.topic, partition: partition.partition, nextOffset: next))
        }
        try await parts.store.write(change, epoch: epoch)
        return positions
    }

    private func eventWatermarks() async throws(KafkaError) -> [TopicPartition: Range<Offset>] {
        let admin = try KafkaAdmin(parts.kafka, logger: parts.logger)
        do throws(KafkaError) {
            try await ControlTopics.ensure(admin, partitions: parts.settings.controlPartitions)
            let watermarks = try await admin.watermarks(of: ControlTopic.events.rawValue)
            await admin.close()
            return watermarks
        } catch {
            await admin.close()
            throw error
        }
    }
}
