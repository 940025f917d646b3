import ControlPlane
import Kafka
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime
import Synchronization

// ModelEvents: hears what changed in the warehouse, and says so to the cache and to open pages.
// Always: versions are given out only while every partition of the events topic is being read from a known position; after
// a gap in hearing everything counts as changed.

/// Follows `millrace.events` and `millrace.environments`.
struct ModelEvents: Service, CustomStringConvertible {
    let kafka: KafkaSettings
    let environment: String
    let versions: DataVersions
    let cache: ResultCache
    let hub: ChangeHub
    let catalogue: ManifestShelf
    let logger: Logger
    let state = ListeningState()

    var description: String { "ModelEvents" }

    /// Runs until the service stops.
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keep("events") { () async throws(KafkaError) in try await followEvents() } }
            group.addTask { await keep("environments") { () async throws(KafkaError) in try await followManifests() } }
        }
        hub.finish()
    }

    /// Runs `follow` again after every failure, until told to stop.
    private func keep(_ what: String, _ follow: @Sendable () async throws(KafkaError) -> Void) async {
        var wait: Duration = .milliseconds(250)
        let trouble = TroubleLog("control plane not heard", logger: logger)
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do throws(KafkaError) {
                try await follow()
                wait = .milliseconds(250)
            } catch {
                trouble.note(error, ["topic": "\(what)"])
            }
            if what == "events" { versions.endListening() }
            if Task.isCancelled || Task.isShuttingDownGracefully { return }
            // Ends early when the service stops; the loop then sees that.
            let pause = wait
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            wait = min(wait * 2, .seconds(10))
        }
    }

    private func followEvents() async throws(KafkaError) {
        let partitions = try await partitionsOfEvents()
        let subscriber = try ControlSubscriber(kafka, topics: [.events], from: .end, logger: logger)
        try await follow(subscriber) { delivery, known in
            switch delivery {
            case .message(let envelope):
                await apply(envelope)
            case .caughtUp(let partition):
                known.insert(partition)
                if known.count == partitions { await beginListening() }
            case .unreadable(let message):
                guard Self.changes.contains(message.type) else { return }
                // It may have said that something changed.
                state.noteUnreadable(message.type)
                logger.warning(
                    "control message cannot be read; everything counts as changed",
                    metadata: ["type": "\(message.type)", "id": "\(message.id)", "reason": "\(message.reason)"])
                await everythingChanged()
            case .gap: await everythingChanged()
            }
        }
    }

    private func followManifests() async throws(KafkaError) {
        let subscriber = try ControlSubscriber(kafka, topics: [.environments], from: .beginning, logger: logger)
        try await follow(subscriber) { delivery, _ in
            switch delivery {
            case .message(let envelope): await apply(envelope)
            case .unreadable(let message)
            where message.key?.split(separator: "/").first.map(String.init) == environment:
                // What was known goes on holding.
                state.noteUnreadable(message.type)
                logger.warning(
                    "manifest cannot be read; the one before holds",
                    metadata: ["id": "\(message.id)", "reason": "\(message.reason)"])
            case .unreadable, .gap, .caughtUp: break
            }
        }
    }

    /// Something changed, and nobody knows what.
    private func everythingChanged() async {
        versions.everythingChanged()
        await cache.dropAll()
        hub.tell(.data(catalogue.relations))
    }

    /// Messages that tell of changes.
    private static let changes: Set<String> = [ModelUpdated.type, DataLanded.type, EnvironmentPromoted.type]

    private func follow(
        _ subscriber: ControlSubscriber,
        _ take: @Sendable (ControlSubscriber.Delivery, inout Set<TopicPartition>) async -> Void
    ) async throws(KafkaError) {
        var known: Set<TopicPartition> = []
        var failure: KafkaError?
        do throws(KafkaError) {
            while let delivery = try await withGracefulFinish(
                of: subscriber,
                { () async throws(KafkaError) in
                    try await subscriber.next()
                })
            {
                await take(delivery, &known)
            }
        } catch {
            failure = error
        }
        do throws(KafkaError) {
            try await subscriber.close()
        } catch {
            logger.warning("subscriber not closed", metadata: ["error": "\(error)"])
        }
        if let failure { throw failure }
    }

    private func withGracefulFinish<Value: Sendable>(
        of subscriber: ControlSubscriber, _ body: @Sendable () async throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        let result: Result<Value, KafkaError> = await withGracefulShutdownHandler {
            do throws(KafkaError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        } onGracefulShutdown: {
            subscriber.finish()
        }
        return try result.get()
    }

    private func partitionsOfEvents() async throws(KafkaError) -> Int {
        let admin = try KafkaAdmin(kafka, logger: logger)
        let count: Result<Int, KafkaError>
        do throws(KafkaError) {
            try await ControlTopics.ensure(admin)
            let topics = try await admin.topics([ControlTopic.events.rawValue])
            count = .success(topics[ControlTopic.events.rawValue]?.partitions.count ?? 0)
        } catch {
            count = .failure(error)
        }
        await admin.close()
        return try count.get()
    }

    private func beginListening() async {
        versions.beginListening()
        await cache.dropAll()
        // Pages that were open during a gap may have missed something.
        if state.begin() { hub.tell(.data(catalogue.relations)) }
        logger.info("listening to the control plane", metadata: ["environment": "\(environment)"])
    }

    /// Brings versions, cache and pages up to date with one message.
    func apply(_ envelope: ControlEnvelope) async { await learn(envelope.message) }

    /// The same of what the message says. Saying it twice changes nothing.
    func learn(_ message: any ControlMessage) async {
        switch message {
        case let updated as ModelUpdated where updated.environment == environment:
            await changed([updated.relation])
        case let landed as DataLanded where landed.rows > 0:
            await changed([landed.table])
        case let promoted as EnvironmentPromoted where promoted.environment == environment:
            await changed(catalogue.relations(of: promoted.models))
        case let manifest as EnvironmentManifest where manifest.environment == environment:
            await take(manifest)
        case let removed as EnvironmentRemoved where removed.environment == environment:
            await take(nil)
        default: break
        }
    }

    /// Models that came, went, or are others now have other data, or none: nothing else says so of those that went.
    func take(_ manifest: EnvironmentManifest?) async {
        let before = catalogue.current.map { Set($0.models) }
        catalogue.set(manifest)
        let models = manifest?.models ?? []
        versions.setViews(
            models.filter { $0.kind.uppercased() == "VIEW" }.map { model in
                let parents = models.filter { model.dependsOn.contains($0.name) }.map(\.relation)
                return (model.relation, parents + model.sources)
            })
        guard let before else { return }
        await changed(before.symmetricDifference(models).map(\.relation))
    }

    private func changed(_ relations: some Sequence<String>) async {
        var affected: Set<String> = []
        for relation in relations { affected.formUnion(versions.changed(relation)) }
        guard !affected.isEmpty else { return }
        await cache.drop(affected)
        hub.tell(.data(affected))
    }
}

/// Whether the control plane has ever been heard.
final class ListeningState: Sendable {
    private let hasBegun = Mutex(false)
    private let unreadable = Mutex<[String: Int]>([:])

    /// How many messages of each type could not be read since the start.
    var unreadableByType: [String: Int] { unreadable.withLock { $0 } }

    func noteUnreadable(_ type: String) {
        unreadable.withLock { $0[type, default: 0] += 1 }
        Counter(label: "bi_control_unreadable_total", dimensions: [("type", type)]).increment()
    }

    var isReady: Bool { hasBegun.withLock { $0 } }

    /// - Returns: True when it had begun before.
    func begin() -> Bool {
        hasBegun.withLock { begun in
            defer { begun = true }
            return begun
        }
    }
}
