// SpoolFolder: the files of a spool. Segments are only ever appended to, and deleted when everything in them is in Kafka.
// What is set aside stays until `producer spool replay` has sent it: `….damaged`, of which not all can be read, and
// `….refused`, which Kafka did not take.
import Foundation

/// A file of messages, in the order of their numbers.
struct SpoolSegment: Sendable, Equatable {
    let number: Int
    /// What every frame in it begins with; empty in those of earlier versions.
    let mark: [UInt8]
    /// How many of its bytes are durable.
    var bytes = 0

    /// `000000000007-9f86d081884c7d65`
    var name: String {
        let digits = String(number)
        let hex = mark.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + (mark.isEmpty ? "" : "-\(hex)")
    }

    init(number: Int, mark: [UInt8], bytes: Int = 0) {
        (self.number, self.mark, self.bytes) = (number, mark, bytes)
    }

    /// - Parameter name: Of its file, without the extension; `nil` for what is no segment's.
    init?(name: some StringProtocol) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ Int($0) }), number >= 0, parts.count <= 2 else { return nil }
        self.number = number
        guard parts.count == 2 else {
            mark = []
            return
        }
        guard let mark = Self.mark(parts[1]) else { return nil }
        self.mark = mark
    }

    /// The bytes that `hex` spells; `nil` when it spells no mark.
    static func mark(_ hex: some StringProtocol) -> [UInt8]? {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 2 * SpoolFrame.markBytes, hex.utf8.count == digits.count else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// The folder, with every call to the system that the spool makes. Blocks: for the spool's own threads.
struct SpoolFolder: Sendable {
    let path: String

    /// - Throws: ``SpoolError`` when there is no folder and none can be made, or nothing can be written to it.
    init(_ path: String) throws(SpoolError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SpoolError("The spool's folder \(path) cannot be made: \(error.localizedDescription)")
        }
        guard access(path, W_OK | R_OK | X_OK) == 0 else {
            throw SpoolError(
                "The spool's folder \(path) (COLLECTOR_SPOOL_DIR) cannot be read and written by user \(geteuid()): "
                    + "\(Self.reason()). Give it to that user, or name another.")
        }
    }

    /// Takes the folder for this process, until the lock goes or the process ends, however it ends.
    /// - Throws: ``SpoolError`` when another collector has it: both would send the same events, and delete each other's.
    func lock() throws(SpoolError) -> SpoolLock {
        let name = "\(path)/lock"
        let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SpoolError("The spool cannot open \(name): \(Self.reason())") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno == EWOULDBLOCK ? "another collector uses it" : Self.reason()
            close(file)
            throw SpoolError(
                "The spool's folder \(path) cannot be used: \(reason). Give each collector a folder of its own "
                    + "(COLLECTOR_SPOOL_DIR).")
        }
        return SpoolLock(file)
    }

    /// The segments, in order.
    /// - Throws: ``SpoolError`` when they cannot be listed or read: events in them must not be taken for none.
    func segments() throws(SpoolError) -> [SpoolSegment] {
        var segments: [SpoolSegment] = []
        for name in try names() where name.hasSuffix(".spool") {
            guard var segment = SpoolSegment(name: name.dropLast(6)) else { continue }
            var status = stat()
            guard stat(file(segment), &status) == 0, access(file(segment), R_OK) == 0 else {
                throw SpoolError("The spool cannot read \(file(segment)): \(Self.reason())")
            }
            segment.bytes = Int(status.st_size)
            segments.append(segment)
        }
        return segments.sorted { $0.number < $1.number }
    }

    func names() throws(SpoolError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw SpoolError("The spool's folder \(path) cannot be read: \(error.localizedDescription)")
        }
    }

    /// Files that `producer spool replay` would send.
    func setAside() throws(SpoolError) -> [String] {
        try names().filter { $0.hasSuffix(".damaged") || $0.hasSuffix(".refused") }.sorted()
    }

    func file(_ segment: SpoolSegment) -> String { "\(path)/\(segment.name).spool" }

    /// Removes a segment of which Kafka has everything; one that cannot be removed is emptied.
    func delete(_ segment: SpoolSegment) throws(SpoolError) {
        guard unlink(file(segment)) != 0, errno != ENOENT else { return }
        let reason = Self.reason()
        guard truncate(file(segment), 0) == 0 else {
            throw SpoolError("The spool cannot delete \(file(segment)): \(reason)")
        }
    }

    /// Opens a new segment; its name is on disk when this returns.
    func create(_ segment: SpoolSegment) throws(SpoolError) -> Int32 {
        let file = open(file(segment), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SpoolError("The spool cannot begin \(self.file(segment)): \(Self.reason())") }
        do throws(SpoolError) { try sync() } catch {
            close(file)
            throw error
        }
        return file
    }

    /// Waits until the names in the folder are on the disk.
    private func sync() throws(SpoolError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        guard folder >= 0, fsync(folder) == 0 else {
            throw SpoolError("The spool cannot make a file's name durable: \(Self.reason())")
        }
    }

    /// Writes at `offset` and waits until it is on the disk.
    func write(_ bytes: [UInt8], to file: Int32, at offset: Int) throws(SpoolError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(file, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SpoolError("The spool cannot write: \(Self.reason())") }
            done += count
        }
        guard fdatasync(file) == 0 else { throw SpoolError("The spool cannot make events durable: \(Self.reason())") }
    }

    /// Whether something can be written now, by writing it.
    func probe() throws(SpoolError) {
        let name = "\(path)/probe"
        let file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SpoolError("The spool cannot begin \(name): \(Self.reason())") }
        defer {
            close(file)
            unlink(name)
        }
        try write([UInt8](repeating: 0, count: 64 << 10), to: file, at: 0)
    }

    /// Up to `bytesMax` bytes of a file from `offset` on.
    func read(_ path: String, from offset: Int, bytesMax: Int) throws(SpoolError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SpoolError("The spool cannot open \(path): \(Self.reason())") }
        defer { close(file) }
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, filled in
            count = pread(file, buffer.baseAddress, bytesMax, off_t(offset))
            filled = max(0, count)
        }
        guard count >= 0 else { throw SpoolError("The spool cannot read \(path): \(Self.reason())") }
        return bytes
    }

    /// Where the next sound frame of a file begins, from `start` on; `end` when there is none before.
    func soundFrame(in path: String, from start: Int, before end: Int, mark: [UInt8]) throws(SpoolError) -> Int {
        let step = 1 << 20
        var position = start
        while position < end {
            let wanted = min(end - position, step + SpoolFrame.wholeBytes)
            let bytes = try read(path, from: position, bytesMax: wanted)
            guard !bytes.isEmpty else { return end }
            if let found = SpoolFrame.find(in: bytes, from: 0, before: step, mark: mark) { return position + found }
            position += step
        }
        return end
    }

    /// Copies what is in a segment from `offset` up to `end` to a file of its own, for `producer spool replay` and people.
    /// - Returns: The file.
    func setAside(_ segment: SpoolSegment, from offset: Int, to end: Int) throws(SpoolError) -> String {
        let copy = "\(path)/\(segment.name)-\(offset).damaged"
        try copyBytes(of: file(segment), [offset..<end], to: copy)
        return copy
    }

    /// Copies stretches of a file to a new one, which is on the disk when this returns.
    func copyBytes(of source: String, _ stretches: [Range<Int>], to copy: String) throws(SpoolError) {
        let target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw SpoolError("The spool cannot begin \(copy): \(Self.reason())") }
        defer { close(target) }
        var written = 0
        for stretch in stretches {
            var position = stretch.lowerBound
            while position < stretch.upperBound {
                let bytes = try read(source, from: position, bytesMax: min(stretch.upperBound - position, 1 << 20))
                guard !bytes.isEmpty else { break }
                try write(bytes, to: target, at: written)
                position += bytes.count
                written += bytes.count
            }
        }
        try sync()
    }

    /// Appends frames to the file of those that Kafka refuses, and waits until they are on the disk.
    /// - Returns: The file.
    func keepRefused(_ frames: [UInt8]) throws(SpoolError) -> String {
        let name = "\(path)/events.refused"
        while true {
            let file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw SpoolError("The spool cannot begin \(name): \(Self.reason())") }
            defer { close(file) }
            guard flock(file, LOCK_EX) == 0 else { throw SpoolError("The spool cannot lock \(name): \(Self.reason())") }
            // A replay may have taken the file away meanwhile: these then belong into a new one.
            guard Self.isSame(file, as: name) else { continue }
            let end = lseek(file, 0, SEEK_END)
            guard end >= 0 else { throw SpoolError("The spool cannot find the end of \(name): \(Self.reason())") }
            try write(frames, to: file, at: Int(end))
            try sync()
            return name
        }
    }

    /// Takes the file of refused events for a replay, under a name of its own: those that are refused from now on go to
    /// another.
    func takeRefused() throws(SpoolError) {
        let name = "\(path)/events.refused"
        let file = open(name, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return }  // none were refused
        defer { close(file) }
        guard flock(file, LOCK_EX) == 0 else { throw SpoolError("The spool cannot lock \(name): \(Self.reason())") }
        guard Self.isSame(file, as: name) else { return }
        guard rename(name, "\(path)/events-\(UUID().uuidString.lowercased().prefix(8)).refused") == 0 else {
            throw SpoolError("The spool cannot rename \(name): \(Self.reason())")
        }
    }

    private static func isSame(_ file: Int32, as path: String) -> Bool {
        var (open, named) = (stat(), stat())
        return fstat(file, &open) == 0 && stat(path, &named) == 0 && open.st_ino == named.st_ino
            && open.st_dev == named.st_dev
    }

    static func reason() -> String { String(cString: strerror(errno)) }
}

/// A lock on a file, until it goes.
final class SpoolLock: Sendable {
    private let file: Int32

    init(_ file: Int32) { self.file = file }

    deinit { close(file) }
}

/// What went wrong on the spool's disk.
struct SpoolError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

enum SpoolFile {
    static func close(_ file: Int32) { Foundation.close(file) }

    /// Cuts off what was written in part.
    /// - Returns: Whether it could be.
    static func cut(_ file: Int32, at offset: Int) -> Bool { ftruncate(file, off_t(offset)) == 0 }
}
