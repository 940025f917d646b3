// InputFile: the bytes of a file or of standard input, unpacked, a piece at a time, on a thread of its own.
import BlockingIO
import Cryptography
import Foundation

/// A file that is read once, from its beginning to its end.
actor InputFile {
    /// How standard input is named on a command line.
    static let standardInput = "-"
    /// What of a file's beginning tells it from others.
    private static let headBytes = 64 << 10
    private static let pieceBytes = 256 << 10

    /// What a file begins with.
    struct Head: Sendable {
        /// SHA-256 of the first 64 KiB as they are in the file, in hexadecimal.
        let hash: String
        /// The first unpacked bytes.
        let plain: [UInt8]
    }

    /// For people.
    nonisolated let name: String
    /// Bytes of the file; `nil` for what has no size, such as a pipe.
    nonisolated let size: Int?
    /// Bytes read so far, as they are in the file.
    private(set) var bytesRead = 0

    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private var unpacker: (any Unpacker)?
    /// Read ahead by `begin`.
    private var ahead: [UInt8] = []
    private var isAtEnd = false
    private let executor = BlockingExecutor(label: "replay-input")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter path: A file, or `-`.
    /// - Throws: `ReplayError.unreadable`.
    init(path: String) throws(ReplayError) {
        ownsDescriptor = path != Self.standardInput
        name = ownsDescriptor ? path : "standard input"
        descriptor = ownsDescriptor ? open(path, O_RDONLY | O_CLOEXEC) : 0
        guard descriptor >= 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .unreadable(path, "it is a folder") }
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { if ownsDescriptor { close(descriptor) } }

    /// Reads the beginning; once, before `next`.
    func begin() throws -> Head {
        var raw: [UInt8] = []
        while raw.count < Self.headBytes {
            let piece = try read(Self.headBytes - raw.count)
            if piece.isEmpty { break }
            raw += piece
        }
        let hash = SHA256.hash(raw).map { String(format: "%02x", $0) }.joined()
        try failing { () throws(UnpackFailure) in unpacker = try Packing(of: raw).unpacker() }
        if let unpacker {
            unpacker.put(raw)
            ahead = try failing { () throws(UnpackFailure) in try unpacker.take(Self.pieceBytes) }
        } else {
            ahead = raw
        }
        return Head(hash: hash, plain: ahead)
    }

    /// The next plain bytes; `nil` at the end.
    /// - Throws: `ReplayError`, `CancellationError`.
    func next() throws -> [UInt8]? {
        if !ahead.isEmpty {
            defer { ahead = [] }
            return ahead
        }
        guard let unpacker else {
            let piece = try read(Self.pieceBytes)
            return piece.isEmpty ? nil : piece
        }
        while true {
            let plain = try failing { () throws(UnpackFailure) in try unpacker.take(Self.pieceBytes) }
            if !plain.isEmpty { return plain }
            let packed = try read(Self.pieceBytes)
            if packed.isEmpty {
                guard unpacker.isComplete else {
                    throw ReplayError.damaged(name, byte: bytesRead, "it ends in the middle of its packed data")
                }
                return nil
            }
            unpacker.put(packed)
        }
    }

    private func failing<R>(_ body: () throws(UnpackFailure) -> R) throws(ReplayError) -> R {
        do {
            return try body()
        } catch {
            throw .damaged(name, byte: bytesRead, error.reason)
        }
    }

    /// Up to so many bytes; none at the end.
    private func read(_ bytesMax: Int) throws -> [UInt8] {
        guard !isAtEnd else { return [] }
        try waitForInput()
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            var result = 0
            repeat {
                result = Foundation.read(descriptor, buffer.baseAddress, bytesMax)
            } while result < 0 && errno == EINTR
            if result < 0 { failure = errno }
            count = max(0, result)
        }
        guard failure == 0 else { throw ReplayError.unreadable(name, String(cString: strerror(failure))) }
        isAtEnd = bytes.isEmpty
        bytesRead += bytes.count
        return bytes
    }

    /// A pipe may have nothing for long; a stop must not wait for it.
    private func waitForInput() throws {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            try Task.checkCancellation()
            if poll(&waiting, 1, 200) != 0 { return }  // ready, or an error that reading will tell
        }
    }
}
