/// The events of a consumer, pulled one by one.
public struct ConsumerEvents: AsyncSequence, AsyncIteratorProtocol, Sendable {
    public typealias Element = ConsumerEvent
    public typealias Failure = KafkaError

    let consumer: KafkaConsumer

    public func makeAsyncIterator() -> Self { self }

    public func next() async throws(KafkaError) -> ConsumerEvent? { try await consumer.next() }

    public func next(isolation actor: isolated (any Actor)?) async throws(KafkaError) -> ConsumerEvent? {
        try await consumer.next()
    }
}
