// SpoolReplay: sends what the spool set aside. A file goes only after Kafka has acknowledged everything in it that can be
// read; what cannot is kept (`….unreadable`), and what is refused again is set aside again.
import BlockingIO
import Foundation
import Kafka
import Logging

/// Works through the files that were set aside. Beside a running collector as well: its own segments are not touched.
actor SpoolReplay {
    /// What became of a file, or what would.
    struct Outcome: Sendable, Equatable {
        let file: String
        var events = 0
        var refused = 0
        var unreadableBytes = 0
        /// Where the unreadable bytes are kept.
        var kept: String?
    }

    typealias Sender = @Sendable ([Delivery]) async -> [FailedDelivery]

    private let folder: SpoolFolder
    private let executor = BlockingExecutor(label: "spool-replay")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ folder: SpoolFolder) { self.folder = folder }

    /// The files, and what is in each.
    func list() throws -> [Outcome] {
        try folder.setAside().map { name in
            let file = try SetAsideFile(folder, name)
            var outcome = Outcome(file: file.path)
            var position = 0
            while let part = try file.part(from: position) {
                outcome.events += part.deliveries.count
                outcome.unreadableBytes += part.unreadable.reduce(0) { $0 + $1.count }
                position = part.end
            }
            return outcome
        }
    }

    /// Segments that wait for a collector, and their bytes.
    func segments() throws -> (count: Int, bytes: Int) {
        let segments = try folder.segments()
        return (segments.count, segments.reduce(0) { $0 + $1.bytes })
    }

    /// Sends all files, one after the other.
    /// - Parameter done: Is told of each file that is dealt with.
    /// - Throws: ``SpoolError`` when a file cannot be read, or Kafka does not take events now: the file then stays as it is.
    func run(send: Sender, done: @Sendable (Outcome) -> Void) async throws -> [Outcome] {
        try folder.takeRefused()
        var outcomes: [Outcome] = []
        for name in try folder.setAside() where name != "events.refused" {
            guard let lock = try lock(name) else { continue }
            defer { withExtendedLifetime(lock) {} }
            let outcome = try await replay(try SetAsideFile(folder, name), send)
            done(outcome)
            outcomes.append(outcome)
        }
        return outcomes
    }

    /// `nil` when another replay has the file, or had it.
    private func lock(_ name: String) throws(SpoolError) -> SpoolLock? {
        let path = "\(folder.path)/\(name)"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 || errno != ENOENT else { return nil }
        guard file >= 0 else { throw SpoolError("The spool cannot open \(path): \(SpoolFolder.reason())") }
        let lock = SpoolLock(file)
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw SpoolError("Another `producer spool replay` is at work on \(path).")
        }
        // It may have been sent and deleted between its opening and its locking.
        return access(path, F_OK) == 0 ? lock : nil
    }

    private func replay(_ file: SetAsideFile, _ send: Sender) async throws -> Outcome {
        var outcome = Outcome(file: file.path)
        var unreadable: [Range<Int>] = []
        var refused: [Delivery] = []
        var position = 0
        while let part = try file.part(from: position) {
            let failures = part.deliveries.isEmpty ? [] : await send(part.deliveries)
            if let failure = failures.first(where: \.isRetriable) {
                throw SpoolError(
                    "Kafka does not take the events of \(file.path) now: \(failure.error). The file stays; run the command "
                        + "again. What was sent is then sent once more, with the same ids.")
            }
            refused += failures.map(\.delivery)
            outcome.events += part.deliveries.count - failures.count
            unreadable += part.unreadable
            position = part.end
        }
        // First what stays is made safe, then the file goes: a kill in between leaves both.
        if !refused.isEmpty {
            outcome.refused = refused.count
            var frames: [UInt8] = []
            for delivery in refused { SpoolFrame.append(delivery, to: &frames) }
            _ = try folder.keepRefused(frames)
        }
        if !unreadable.isEmpty {
            let kept = file.path + ".unreadable"
            try folder.copyBytes(of: file.path, unreadable, to: kept)
            outcome.unreadableBytes = unreadable.reduce(0) { $0 + $1.count }
            outcome.kept = kept
        }
        guard unlink(file.path) == 0 else {
            throw SpoolError("\(file.path) was sent and cannot be deleted: \(SpoolFolder.reason())")
        }
        return outcome
    }
}
