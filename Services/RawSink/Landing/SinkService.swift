// SinkService: joins the group, and joins it anew when a session had to give up.
import DataContract
import Kafka
import Logging
import Pipeline
import ServiceLifecycle
import Synchronization
import Warehouse

/// Everything a sink is made of.
struct SinkParts: Sendable {
    let kafka: KafkaSettings
    let warehouse: any RawWarehouse
    /// As they were read at the start.
    let read: ReadContracts
    /// Where changes of them are looked for; `nil`: nowhere.
    var folder: PipelineFolder?
    var book = ContractBook()
    let settings: SinkSettings
    let health: SinkHealth
    let logger: Logger

    /// Tells sinks of a group apart, in dead letters and logs.
    var instance: String {
        if case .named(let name) = settings.group.instance { name } else { kafka.clientID }
    }
}

/// Lands the topics of all contracts until it is stopped.
final class SinkService: Service, CustomStringConvertible {
    let description = "raw-sink"

    private let parts: SinkParts
    private let meters = SinkMeters()
    /// The consumer at work, so that a stop reaches it from outside; `isStopping` for the time between two.
    private let state = Mutex((consumer: KafkaConsumer?.none, isStopping: false))

    init(_ parts: SinkParts) { self.parts = parts }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withTaskCancellationHandler {
                try await self.land()
            } onCancel: {
                self.stop()
            }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Lets the batch in hand be landed, and ends the service.
    func stop() {
        let consumer = state.withLock { state in
            state.isStopping = true
            return state.consumer
        }
        consumer?.finish()
    }

    private func land() async throws {
        try await prepareTables()
        let book = parts.book
        let announcer = try Announcer(
            parts.kafka, warehouse: parts.warehouse, contracts: { book.inForce }, instance: parts.instance,
            meters: meters, logger: parts.logger)
        let watch = Task { [parts = self.parts, gate = self.gate] in
            guard let folder = parts.folder else { return }
            await ContractWatch(folder: folder, gate: gate, logger: parts.logger).run(since: parts.read)
        }
        defer { watch.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await announcer.run() }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await sessions(announcer))
            } catch {
                outcome = .failure(error)
            }
            await announcer.close(within: .seconds(10))
            try await group.waitForAll()
            try outcome.get()
        }
    }

    private var gate: ContractGate {
        ContractGate(book: parts.book, warehouse: parts.warehouse, logger: parts.logger)
    }

    /// Makes the tables what the contracts say, as far as that locks nobody out. A contract whose table cannot be made so is
    /// set aside; when none can, the service ends.
    private func prepareTables() async throws {
        var backoff = Backoff()
        while !state.withLock({ $0.isStopping }) {
            do {
                try await gate.admit(parts.read)
                // A sink that gets no partitions hears no more of the warehouse, and is ready all the same.
                parts.health.warehouse(nil)
                return
            } catch let error as WarehouseError where error.isRetriable {
                parts.health.warehouse("\(error)")
                parts.logger.warning("warehouse away", metadata: ["error": "\(error)"])
                try await pause(backoff.next())
            }
        }
    }

    private func sessions(_ announcer: Announcer) async throws {
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(30))
        let watch = DeadLetterWatch(parts.settings.deadLetters)
        while let consumer = try makeConsumer() {
            let began = ContinuousClock.now
            let session = SinkSession(
                consumer, warehouse: parts.warehouse, book: parts.book, announcer: announcer, health: parts.health,
                meters: meters, watch: watch, logger: parts.logger)
            let end: SinkSession.End
            do {
                end = try await session.run()
            } catch WarehouseError.incompatibleTable(let table, let differences) {
                await close(consumer)
                // The table was changed for a contract that is just coming into force.
                guard try await contractsChange(from: session.version) else {
                    throw WarehouseError.incompatibleTable(table: table, differences: differences)
                }
                continue
            } catch {
                await close(consumer)
                throw error
            }
            await close(consumer)
            guard case .rejoin(let reason, let text) = end else { return }
            meters.rejoined(reason.rawValue)
            if reason == .contracts {
                parts.logger.info("joining anew", metadata: ["reason": "\(reason)", "detail": "\(text)"])
                continue
            }
            parts.health.group(text)
            parts.logger.warning("joining anew", metadata: ["reason": "\(reason)", "detail": "\(text)"])
            if began.duration(to: .now) > .seconds(60) {
                backoff = Backoff(first: .milliseconds(500), longest: .seconds(30))
            }
            try await pause(backoff.next())
        }
    }

    /// Whether other contracts come into force than a session had, within two looks of the watch.
    private func contractsChange(from version: Int) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(8)
        while parts.folder != nil, ContinuousClock.now < end, !state.withLock({ $0.isStopping }) {
            if parts.book.version != version { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return parts.book.version != version
    }

    /// `nil` when the service is to stop.
    private func makeConsumer() throws(KafkaError) -> KafkaConsumer? {
        let consumer = try KafkaConsumer(
            parts.kafka, group: parts.settings.group, topics: parts.book.inForce.map(\.topic.name),
            limits: parts.settings.limits, readAhead: parts.settings.readAhead, logger: parts.logger)
        let isStopping = state.withLock { state in
            state.consumer = consumer
            return state.isStopping
        }
        guard isStopping else { return consumer }
        consumer.finish()
        return nil
    }

    /// Leaves the group. A sink that cannot say goodbye is noticed by its silence; what it landed is safe.
    private func close(_ consumer: KafkaConsumer) async {
        state.withLock { $0.consumer = nil }
        do {
            try await consumer.close()
        } catch {
            parts.logger.warning("left the group without an answer", metadata: ["error": "\(error)"])
        }
    }

    private func pause(_ duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, !state.withLock({ $0.isStopping }) {
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
