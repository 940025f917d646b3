import Kafka
import Logging
import Postgres
import ServiceRuntime

/// Repeats what fails for reasons that pass.
enum Retry {
    /// Calls `body` until it returns, waiting longer after each failure, up to ten seconds.
    /// - Throws: `CancellationError`, and errors that no repetition mends.
    static func whileItMayHelp<R: Sendable>(
        _ what: String, logger: Logger, _ body: @Sendable () async throws -> R
    ) async throws -> R {
        var pause = Duration.milliseconds(200)
        let trouble = TroubleLog("failed, trying again", logger: logger)
        while true {
            do {
                let result = try await body()
                trouble.over()
                return result
            } catch {
                try Task.checkCancellation()
                guard mayHelp(error) else { throw error }
                trouble.note(error, ["what": "\(what)"])
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
