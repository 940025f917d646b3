import Kafka
import Logging
import Postgres

/// Repeats what fails for reasons that pass.
enum Retry {
    /// Calls `body` until it returns, waiting longer after each failure, up to ten seconds.
    /// - Throws: `CancellationError`, and errors that no repetition mends.
    static func whileItMayHelp<R: Sendable>(
        _ what: String, logger: Logger, _ body: @Sendable () async throws -> R
    ) async throws -> R {
        var pause = Duration.milliseconds(200)
        while true {
            do {
                return try await body()
            } catch {
                try Task.checkCancellation()
                guard mayHelp(error) else { throw error }
                logger.warning(
                    "failed, trying again",
                    metadata: ["what": "\(what)", "error": "\(error)", "pause": "\(pause)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(10))
            }
        }
    }

    private static func mayHelp(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.isRetriable
        case let error as KafkaError: error.isRetriable
        case let error as TransformerError: error.isRetriable
        default: false
        }
    }
}
