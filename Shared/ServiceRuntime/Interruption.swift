// Interruption: SIGINT and SIGTERM for commands that work for somebody who waits.
// Always: the first signal cancels the work, which ends what it asked of others; a second one, or work that does not end,
// ends the process at once.
import Foundation
import UnixSignals

/// Ends a command that was told to stop, and what it has begun elsewhere.
public enum Interruption {
    /// How long cancelled work may take.
    private static let patience: TimeInterval = 5

    /// Runs `body`, and cancels it on SIGINT or SIGTERM.
    /// - Throws: What `body` throws; ``ExitError`` when it ended because of a signal.
    public static func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: UnixSignal?.self) { group in
            group.addTask {
                try await body()
                return nil
            }
            group.addTask {
                for await signal in signals { return signal }
                return nil
            }
            let caught = try await group.next() ?? nil
            group.cancelAll()
            guard let caught else {
                try await group.waitForAll()
                return
            }
            leaveTheNextToTheSystem()
            endInTime()
            do { try await group.waitForAll() } catch {
                throw ExitError(
                    .failed,
                    "Stopped by \(caught): what was under way was ended and rolled back; what was finished stays.")
            }
        }
    }

    private static func leaveTheNextToTheSystem() {
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }

    /// A thread, because it must work when the cooperative pool is stuck.
    private static func endInTime() {
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: patience)
            StandardError.write("The work did not end within \(Int(patience)) s of the signal.\n")
            ProcessEnd.now(ExitCode.failed.rawValue)
        }
    }
}
