import Dispatch
import Foundation
import Synchronization

extension Array where Element: Sendable {
    /// What `transform` gives for each element, in their order, computed on as many threads as there are processors.
    ///
    /// The calling thread is one of them: where no other is free it does all of the work, so that it never waits for a
    /// thread, only for work that has been begun.
    public func concurrentMap<Value: Sendable>(_ transform: @Sendable (Element) -> Value) -> [Value] {
        // Enough in a piece that handing it out costs nothing beside it, and enough pieces that threads end together.
        let size = 16
        let pieces = (count + size - 1) / size
        guard pieces > 1, ProcessInfo.processInfo.activeProcessorCount > 1 else { return map(transform) }
        let done = Mutex<[[Value]]>(Array<[Value]>(repeating: [], count: pieces))
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            let values = self[piece * size..<Swift.min((piece + 1) * size, count)].map(transform)
            done.withLock { $0[piece] = values }
        }
        return done.withLock { $0.flatMap(\.self) }
    }
}
