import Dispatch

/// Calls that wait for somebody outside of this process, on a thread that is none of Swift's cooperative pool.
enum OffPool {
    static func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
