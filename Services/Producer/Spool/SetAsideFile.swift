// SetAsideFile: a file of messages that the spool set aside, read frame by frame: what is sound, and what is not.
import Foundation

/// `….damaged`: bytes of a segment that could not be read where they were met; frames may begin anywhere in them.
/// `….refused`: messages that Kafka did not take.
struct SetAsideFile: Sendable {
    let folder: SpoolFolder
    let name: String
    /// What its frames begin with.
    let mark: [UInt8]
    let size: Int

    var path: String { "\(folder.path)/\(name)" }

    /// The frames that can be read from some place on, as far as they are read at once.
    struct Part {
        var deliveries: [Delivery] = []
        /// What cannot be read.
        var unreadable: [Range<Int>] = []
        /// Where to read on.
        var end: Int
    }

    init(_ folder: SpoolFolder, _ name: String) throws(SpoolError) {
        self.folder = folder
        self.name = name
        let parts = name.prefix { $0 != "." }.split(separator: "-")
        // 000000000007-9f86d081884c7d65-1234.damaged
        mark = name.hasSuffix(".damaged") && parts.count == 3 ? SpoolSegment.mark(parts[1]) ?? [] : []
        var status = stat()
        guard stat("\(folder.path)/\(name)", &status) == 0 else {
            throw SpoolError("The spool cannot look at \(folder.path)/\(name): \(SpoolFolder.reason())")
        }
        size = Int(status.st_size)
    }

    /// The messages from `start` on, about a megabyte of them; `nil` at the file's end.
    func part(from start: Int) throws(SpoolError) -> Part? {
        guard start < size else { return nil }
        let step = 1 << 20
        let bytes = try folder.read(path, from: start, bytesMax: min(size - start, step + SpoolFrame.wholeBytes))
        var part = Part(end: start)
        var position = 0
        while position < step, let delivery = SpoolFrame.next(in: bytes, at: &position, mark: mark) {
            part.deliveries.append(delivery)
        }
        part.end = start + position
        if part.deliveries.isEmpty {
            part.end = try folder.soundFrame(in: path, from: start + 1, before: size, mark: mark)
            part.unreadable = [start..<part.end]
        }
        return part
    }
}
