// EventLog: the producer's own account of what it sent, to check the warehouse against.
// Always: a message is in it only after its fate is known; one line a message, in the order in which they were sent.
import BlockingIO
import Foundation

/// Appends NDJSON lines to a file, on a thread of its own.
actor EventLog {
    private let path: String
    private let file: FileHandle
    private let executor = BlockingExecutor(label: "event-log")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens `path`, made if missing; an older log is continued.
    /// - Throws: `SimulationError.log`.
    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SimulationError.log(path, String(cString: strerror(errno))) }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// One line for each of `marks`.
    /// - Throws: `SimulationError.log`: the run must not go on without its account.
    func append(_ marks: [(mark: EventMark, isAcknowledged: Bool)], topics: [String]) throws {
        var lines: [UInt8] = []
        lines.reserveCapacity(marks.count * 130)
        let rests = topics.map { Array("\",\"topic\":\"\($0)\",\"fault\":".utf8) }
        for (mark, isAcknowledged) in marks {
            lines.append(contentsOf: "{\"event_id\":\"".utf8)
            PageViewEncoder.append(uuid: mark.id, to: &lines)
            lines.append(contentsOf: rests[mark.topic])
            lines.append(contentsOf: (mark.fault.map { "\"\($0.rawValue)\"" } ?? "null").utf8)
            lines.append(contentsOf: ",\"valid\":\(mark.fault?.isValid ?? true)".utf8)
            lines.append(contentsOf: ",\"acknowledged\":\(isAcknowledged)}\n".utf8)
        }
        do {
            try file.write(contentsOf: Data(lines))
        } catch {
            throw SimulationError.log(path, "\(error)")
        }
    }
}
