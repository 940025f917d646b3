// SpoolPosition: how far Kafka has everything, over a kill -9. Written in place into a file that is there already: a full
// disk has no room for another. A crash of the machine may lose the last of it, which only sends events again.
import CLibz
import Foundation
import Synchronization

final class SpoolPosition: Sendable {
    struct Place: Sendable, Equatable {
        let segment: Int
        let offset: Int
    }

    private let path: String
    private let file = Mutex<Int32>(-1)

    init(_ folder: SpoolFolder) { path = "\(folder.path)/position" }

    deinit { file.withLock { if $0 >= 0 { close($0) } } }

    /// - Throws: ``SpoolError`` when it cannot be written; the next call tries anew.
    func save(_ place: Place) throws(SpoolError) {
        let line = Array(Self.line(place).utf8)
        let isWritten = try file.withLock { (file) throws(SpoolError) in
            if file < 0 { file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
            guard file >= 0 else { throw SpoolError("The spool cannot open \(path): \(SpoolFolder.reason())") }
            return line.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) == $0.count }
        }
        guard isWritten else { throw SpoolError("The spool cannot write \(path): \(SpoolFolder.reason())") }
    }

    /// What was saved last; `nil` when there is nothing, or nothing that can be read.
    func load() -> Place? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let text = String(decoding: data.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let words = text.split(separator: " ")
        guard words.count >= 2, let segment = Int(words[0]), let offset = Int(words[1]), segment >= 0, offset >= 0
        else { return nil }
        let place = Place(segment: segment, offset: offset)
        // Earlier versions wrote two numbers and no checksum.
        guard words.count == 2 || text + "\n" == Self.line(place) else { return nil }
        return place
    }

    private static func line(_ place: Place) -> String {
        func digits(_ number: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, 12 - text.count)) + text
        }
        let text = "\(digits(place.segment)) \(digits(place.offset))"
        let sum = Array(text.utf8).withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        return "\(text) \(digits(Int(sum)))\n"
    }
}
