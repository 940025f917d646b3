import BlockingIO
import CLibrdkafka
import Logging

/// Owner of a librdkafka client. `@unchecked Sendable`: the client itself may be used from any thread, and nothing else
/// in here changes.
///
/// Whatever holds memory of the client (batches, queues) holds its handle. The last reference may go on any thread, and
/// destroying a client waits for its threads, so that is done on a thread of its own.
final class ClientHandle: @unchecked Sendable {
    let raw: OpaquePointer
    /// The queue that everything the library has to tell is read from.
    let queue: OpaquePointer
    let logger: Logger
    private let context: Unmanaged<ClientContext>
    private let kind: Kind
    /// Set when destroying would abort the process: the client and its threads stay until the process ends.
    private let abandoned = Flag()

    enum Kind { case producer, consumer }

    init(
        _ kind: Kind, _ settings: KafkaSettings, defaults: [String: String], enforced: [String: String] = [:],
        events: Int32, logger: Logger
    ) throws(KafkaError) {
        guard let configuration = rd_kafka_conf_new() else {
            throw .own(.configuration, "start a Kafka client", "out of memory")
        }
        let callbacks = ClientContext(logger: logger)
        let context = Unmanaged.passRetained(callbacks)
        do {
            try ClientConfiguration.apply(settings, defaults: defaults, enforced: enforced, to: configuration)
        } catch {
            rd_kafka_conf_destroy(configuration)
            context.release()
            throw error
        }
        rd_kafka_conf_set_events(configuration, events)
        rd_kafka_conf_set_opaque(configuration, context.toOpaque())
        rd_kafka_conf_set_log_cb(configuration, logFromLibrary)
        if kind == .consumer { FetchPacing.install(callbacks.pacing, in: configuration) }
        var text = [CChar](repeating: 0, count: 512)
        let type = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        guard let raw = rd_kafka_new(type, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            context.release()
            throw .own(.configuration, "start a Kafka client", String(terminated: text))
        }
        if kind == .consumer { rd_kafka_poll_set_consumer(raw) }
        self.raw = raw
        self.kind = kind
        self.context = context
        self.logger = logger
        queue = kind == .consumer ? rd_kafka_queue_get_consumer(raw) : rd_kafka_queue_get_main(raw)
    }

    /// The fatal error of the client, if it has one.
    func fatalError(_ operation: String) -> KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(raw, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaError(code, operation, detail: String(terminated: text), fatal: true)
    }

    /// Keeps the client from being destroyed.
    func abandon() { abandoned.raise() }

    deinit {
        guard !abandoned.isRaised else { return }
        let client = Remains(raw: raw, queue: queue, context: context, kind: kind)
        DedicatedThread.start(label: "kafka-destroy") { client.bury() }
    }

    /// What is left of a handle, on its way to the thread that destroys it. `@unchecked Sendable`: nobody else has it.
    private struct Remains: @unchecked Sendable {
        let raw: OpaquePointer
        let queue: OpaquePointer
        let context: Unmanaged<ClientContext>
        let kind: Kind

        func bury() {
            rd_kafka_queue_destroy(queue)
            // A consumer was closed before, or must not be (see KafkaConsumer+Close).
            rd_kafka_destroy_flags(raw, kind == .consumer ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0)
            context.release()
        }
    }
}

/// What librdkafka's callbacks are given.
final class ClientContext: Sendable {
    let logger: Logger
    let pacing = FetchPacing()

    init(logger: Logger) { self.logger = logger }
}

/// Runs on the library's threads.
private func logFromLibrary(
    _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?
) {
    guard let client, let opaque = rd_kafka_opaque(client), let text else { return }
    let context = Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
    let severity: Logger.Level =
        switch level {
        case ...2: .critical
        case 3: .error
        case 4: .warning
        case 5: .notice
        case 6: .info
        default: .debug
        }
    context.logger.log(
        level: severity, "librdkafka",
        metadata: ["facility": "\(facility.map { String(cString: $0) } ?? "")", "text": "\(String(cString: text))"])
}

extension String {
    /// The text before the first zero byte.
    init(terminated bytes: [CChar]) {
        self = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
