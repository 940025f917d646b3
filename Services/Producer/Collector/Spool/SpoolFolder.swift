// SpoolFolder: the files of a spool. Segments are only ever appended to, and deleted when everything in them is in Kafka.
import Foundation

/// The folder, with every call to the system that the spool makes. Blocks: for the spool's own threads.
struct SpoolFolder: Sendable {
    let path: String

    /// - Throws: ``SpoolError`` when there is no folder and none can be made, or nothing can be written to it.
    init(_ path: String) throws(SpoolError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw SpoolError("The spool's folder \(path) cannot be made: \(error.localizedDescription)")
        }
        guard access(path, W_OK | R_OK | X_OK) == 0 else {
            throw SpoolError("The spool's folder \(path) cannot be written to (COLLECTOR_SPOOL_DIR).")
        }
    }

    /// Numbers and lengths of the segments, in order.
    /// - Throws: ``SpoolError`` when they cannot be listed: events in them must not be taken for none.
    func segments() throws(SpoolError) -> [(number: Int, bytes: Int)] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw SpoolError("The spool's folder \(path) cannot be read: \(error.localizedDescription)")
        }
        var segments: [(number: Int, bytes: Int)] = []
        for number in names.filter({ $0.hasSuffix(".spool") }).compactMap({ Int($0.dropLast(6)) }).sorted() {
            var status = stat()
            guard stat(file(number), &status) == 0 else {
                throw SpoolError("The spool cannot look at \(file(number)): \(Self.reason())")
            }
            segments.append((number, Int(status.st_size)))
        }
        return segments
    }

    func file(_ number: Int) -> String { name(number) + ".spool" }

    private func name(_ number: Int) -> String {
        let digits = String(number)
        return "\(path)/\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits)"
    }

    func delete(_ number: Int) { unlink(file(number)) }

    /// Opens a new segment; its name is on disk when this returns.
    func create(_ number: Int) throws(SpoolError) -> Int32 {
        let file = open(file(number), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SpoolError("The spool cannot begin a file: \(Self.reason())") }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        guard folder >= 0, fsync(folder) == 0 else {
            close(file)
            throw SpoolError("The spool cannot make a file's name durable: \(Self.reason())")
        }
        return file
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

    /// Up to `bytesMax` bytes from `offset` on.
    func read(_ number: Int, from offset: Int, bytesMax: Int) throws(SpoolError) -> [UInt8] {
        let file = open(file(number), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SpoolError("The spool cannot open segment \(number): \(Self.reason())") }
        defer { close(file) }
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, filled in
            count = pread(file, buffer.baseAddress, bytesMax, off_t(offset))
            filled = max(0, count)
        }
        guard count >= 0 else { throw SpoolError("The spool cannot read segment \(number): \(Self.reason())") }
        return bytes
    }

    /// Copies what is in a segment from `offset` up to `end` to a file of its own, for people to look at.
    /// - Returns: The file.
    func setAside(_ number: Int, from offset: Int, to end: Int) throws(SpoolError) -> String {
        let copy = "\(name(number))-\(offset).damaged"
        let target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw SpoolError("The spool cannot begin \(copy): \(Self.reason())") }
        defer { close(target) }
        var position = offset
        while position < end {
            let bytes = try read(number, from: position, bytesMax: min(end - position, 1 << 20))
            guard !bytes.isEmpty else { break }
            try write(bytes, to: target, at: position - offset)
            position += bytes.count
        }
        return copy
    }

    /// Appends frames to the file of those that Kafka refuses, and waits until they are on the disk.
    /// - Returns: The file.
    func keepRefused(_ frames: [UInt8]) throws(SpoolError) -> String {
        let name = "\(path)/events.refused"
        let file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SpoolError("The spool cannot begin \(name): \(Self.reason())") }
        defer { close(file) }
        let end = lseek(file, 0, SEEK_END)
        guard end >= 0 else { throw SpoolError("The spool cannot find the end of \(name): \(Self.reason())") }
        try write(frames, to: file, at: Int(end))
        return name
    }

    /// How far Kafka has everything. Losing the last of these only sends events again, so it is not synced.
    func savePosition(_ segment: Int, _ offset: Int) throws(SpoolError) {
        let temporary = "\(path)/position.new"
        let text = Data("\(segment) \(offset)\n".utf8)
        guard FileManager.default.createFile(atPath: temporary, contents: text),
            rename(temporary, "\(path)/position") == 0
        else { throw SpoolError("The spool cannot write \(path)/position: \(Self.reason())") }
    }

    func position() -> (segment: Int, offset: Int)? {
        guard let data = FileManager.default.contents(atPath: "\(path)/position") else { return nil }
        let numbers = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

/// What went wrong on the spool's disk.
struct SpoolError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

enum SpoolFile {
    static func close(_ file: Int32) { Foundation.close(file) }
}
