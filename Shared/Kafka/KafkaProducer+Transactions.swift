// Transactions. Every call ends within its limit, also those for which the library has none: librdkafka before 2.2 can
// hang in them after a fatal error (#4420).
import CLibrdkafka
import Logging

extension KafkaProducer {
    /// Takes the transactional id over: earlier producers of it are fenced, their open transactions aborted. Once,
    /// before the first transaction.
    /// - Throws: `isRetriable`: call again. `.misuse` without a transactional id.
    public func prepareTransactions(within limit: Duration = .seconds(30)) async throws(KafkaError) {
        try await transact("take over the transactional id", within: limit) { client, milliseconds in
            rd_kafka_init_transactions(client, milliseconds)
        }
    }

    /// Starts a transaction: what is sent from now on is part of it.
    public func beginTransaction(within limit: Duration = .seconds(10)) async throws(KafkaError) {
        try await transact("begin a transaction", within: limit) { client, _ in rd_kafka_begin_transaction(client) }
    }

    /// Makes next offsets of a consumer's group part of the transaction: they are committed exactly when it is.
    public func send(
        offsets: [TopicPartition: Offset], of consumer: KafkaConsumer, within limit: Duration = .seconds(30)
    ) async throws(KafkaError) {
        let group = try await consumer.groupMetadata()
        try await transact("add offsets to the transaction", within: limit) { client, milliseconds in
            let list = PartitionList(offsets)
            return rd_kafka_send_offsets_to_transaction(client, list.raw, group.raw, milliseconds)
        }
    }

    /// Waits for everything sent in the transaction, and makes it visible, all at once.
    /// - Throws: `isRetriable`: call again. `needsAbort`: abort, and do the transaction anew. `isFatal`, `isFenced`:
    ///   this producer is done for.
    public func commitTransaction(within limit: Duration = .seconds(60)) async throws(KafkaError) {
        try await transact("commit the transaction", within: limit) { client, milliseconds in
            rd_kafka_commit_transaction(client, milliseconds)
        }
    }

    /// Drops everything sent in the transaction.
    /// - Throws: `isRetriable`: call again.
    public func abortTransaction(within limit: Duration = .seconds(60)) async throws(KafkaError) {
        try await transact("abort the transaction", within: limit) { client, milliseconds in
            rd_kafka_abort_transaction(client, milliseconds)
        }
    }

    /// A call of the transaction API on the thread for calls that wait.
    private func transact(
        _ operation: String, within limit: Duration,
        _ call: @escaping @Sendable (OpaquePointer, Int32) -> OpaquePointer?
    ) async throws(KafkaError) {
        guard transactionalID != nil else {
            throw .own(.misuse, operation, "this producer was made without a transactional id")
        }
        guard !core.closing.isRaised, let handle = core.handle else { throw .closed(operation) }
        if let fatal = handle.fatalError(operation) { throw fatal }
        guard !core.wedged.isRaised else { throw Self.wedged(operation) }
        let answer = await core.calls.run(within: limit + .seconds(5)) { () -> Result<Void, KafkaError> in
            guard let error = call(handle.raw, limit.milliseconds) else { return .success(()) }
            return .failure(KafkaError(consuming: error, operation))
        }
        guard let answer else {
            core.wedged.raise()
            throw Self.wedged(operation)
        }
        try answer.get()
    }

    private static func wedged(_ operation: String) -> KafkaError {
        .own(.timedOut, operation, "the client does not come back from a call", fatal: true)
    }
}
