/// Where the brokers are and how to speak to them. One value serves producers, consumers and admin alike.
public struct KafkaSettings: Sendable, Equatable {
    /// `host:port`, comma separated.
    public var bootstrapServers: String
    /// Names this client in the broker's logs and quotas.
    public var clientID: String
    /// librdkafka properties by their own names, handed through as they are: `security.protocol`, `sasl.mechanism`,
    /// `ssl.ca.location` … They win over Millrace's defaults, and lose only against what correctness hangs on
    /// (`enable.auto.commit`, `enable.auto.offset.store` and `auto.offset.reset` of consumers). Never logged.
    public var properties: [String: String]

    /// - Parameter properties: Passed through to librdkafka; an unknown name is refused when a client is made.
    public init(bootstrapServers: String, clientID: String, properties: [String: String] = [:]) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.properties = properties
    }
}
