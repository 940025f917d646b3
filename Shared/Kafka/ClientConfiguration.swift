import CLibrdkafka

/// How a client's properties come together: Millrace's defaults, over them the settings', over those what correctness
/// hangs on.
enum ClientConfiguration {
    /// For every client. `receive.message.max.bytes` is that high for brokers that ignore fetch limits; it is a ceiling
    /// against damaged answers and costs nothing.
    static let common = [
        "receive.message.max.bytes": "1000000000",
        "socket.nagle.disable": "true",
        "socket.keepalive.enable": "true",
        "log.connection.close": "false",
        "statistics.interval.ms": "5000",
    ]

    /// What correctness hangs on: asking for something else is a mistake, and is told.
    private static let fixed = [
        "acks", "enable.idempotence", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset",
    ]

    /// Applies all properties to `configuration`.
    static func apply(
        _ settings: KafkaSettings, defaults: [String: String], enforced: [String: String],
        to configuration: OpaquePointer
    ) throws(KafkaError) {
        var properties = common.merging(defaults) { _, new in new }
        properties["bootstrap.servers"] = settings.bootstrapServers
        properties["client.id"] = settings.clientID
        properties.merge(settings.properties) { _, new in new }
        properties.merge(enforced) { _, new in new }
        for name in fixed {
            guard let wanted = settings.properties[name], let value = enforced[name], wanted != value else { continue }
            throw .own(
                .configuration, "set the librdkafka property \(name)",
                "it has to be \(value), or events could be lost or doubled; leave it out")
        }
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            try set(name, value, in: configuration)
        }
    }

    private static func set(_ name: String, _ value: String, in configuration: OpaquePointer) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(configuration, name, value, &text, text.count)
        guard result != RD_KAFKA_CONF_OK else { return }
        // The library quotes the value in its message: not for a secret.
        let detail = isSecret(name) ? "the value is refused" : String(terminated: text)
        throw .own(.configuration, "set the librdkafka property \(name)", detail)
    }

    /// Whether a property's value must not be shown.
    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "key", "oauth", "jaas", "token"].contains { name.contains($0) }
    }
}
