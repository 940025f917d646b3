// ReplayRecord: what a replay leaves on disk, written on a thread of its own: how far it is, and what it did not send.
import BlockingIO
import Foundation

/// How far a file has been sent. Everything up to `records` is acknowledged by Kafka, or rejected.
struct ReplayCheckpoint: Codable, Sendable, Equatable {
    /// SHA-256 of the file's beginning.
    var fileHash: String
    /// Bytes; `nil` for a pipe.
    var fileSize: Int?
    var topic: String
    /// Records dealt with, from the beginning.
    var records = 0
    var delivered = 0
    var rejected = 0
    /// Microseconds added to each event's time.
    var shift: Int64 = 0
    var isFinished = false
}

/// A record that was not sent, as `--rejects` has it.
struct RejectedRecord: Encodable, Sendable, Equatable {
    let record: Int
    let line: Int
    let field: String?
    let rule: String
    let detail: String
    /// The record; of a long one its beginning. What is not UTF-8 is replaced.
    let text: String

    init(_ source: SourceRecord, _ fault: EventMaker.Fault) {
        record = source.number
        line = source.line
        field = fault.field
        rule = fault.rule
        detail = fault.detail
        text = String(decoding: source.bytes.prefix(100_000), as: UTF8.self)
    }
}

/// The files of a replay.
actor ReplayRecord {
    private let checkpointPath: String?
    private let rejectsPath: String?
    private var rejects: FileHandle?
    private let executor = BlockingExecutor(label: "replay-record")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(checkpoint: String?, rejects: String?) {
        checkpointPath = checkpoint
        rejectsPath = rejects
    }

    /// What an earlier run left; `nil` where none was.
    /// - Throws: `ReplayError.checkpoint`.
    func checkpoint() throws -> ReplayCheckpoint? {
        guard let path = checkpointPath, FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try JSONDecoder().decode(ReplayCheckpoint.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw ReplayError.checkpoint(path, "\(error)")
        }
    }

    /// Puts a checkpoint in the place of the last one; a crash leaves the one or the other.
    /// - Throws: `ReplayError.unwritable`.
    func write(_ checkpoint: ReplayCheckpoint) throws {
        guard let path = checkpointPath else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let bytes = try encoder.encode(checkpoint)
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.unwritable(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: bytes)
            try file.synchronize()
            try file.close()
        } catch {
            throw ReplayError.unwritable(path, "\(error)")
        }
        guard rename(temporary, path) == 0 else { throw Self.unwritable(path) }
        // The new name itself lasts only when the folder is on disk.
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.unwritable(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw Self.unwritable(path) }
    }

    /// Opens the file of rejected records: anew, or behind what an earlier run of the same file wrote.
    func openRejects(anew: Bool) throws {
        guard let path = rejectsPath else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (anew ? O_TRUNC : O_APPEND), 0o644)
        guard descriptor >= 0 else { throw Self.unwritable(path) }
        rejects = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func append(_ records: [RejectedRecord]) throws {
        guard let rejects, let path = rejectsPath, !records.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var lines = Data()
        for record in records {
            lines += try encoder.encode(record)
            lines.append(0x0A)
        }
        do {
            try rejects.write(contentsOf: lines)
        } catch {
            throw ReplayError.unwritable(path, "\(error)")
        }
    }

    private static func unwritable(_ path: String) -> ReplayError {
        .unwritable(path, String(cString: strerror(errno)))
    }
}
