// SpoolFrame: how a message lies in a file of the spool: its segment's mark, length and checksum, then the message. A frame
// that was not written to its end does not check, and so is no message. The mark finds the next frame behind a damaged one.
import CLibz
import Foundation

enum SpoolFrame {
    /// More than any event with its headers; a length beyond is damage.
    static let bytesMax = 4 << 20
    static let markBytes = 8

    /// What is read at least to be sure of having the whole of a frame.
    static let wholeBytes = bytesMax + markBytes + 8

    /// A mark nobody can guess: an event must not be able to hold what looks like frames of this segment.
    static func makeMark() -> [UInt8] { (0..<markBytes).map { _ in .random(in: 0...255) } }

    /// Appends the frame of a message.
    /// - Parameter mark: The segment's; empty in files that have none (those of earlier versions, and of refused events).
    static func append(_ delivery: Delivery, mark: [UInt8] = [], to output: inout [UInt8]) {
        var body: [UInt8] = []
        body.reserveCapacity(delivery.bytes)
        field(Array(delivery.topic.utf8), &body)
        body.append(delivery.key == nil ? 0 : 1)
        if let key = delivery.key { field(key, &body) }
        number(UInt32(delivery.headers.count), &body)
        for header in delivery.headers {
            field(Array(header.name.utf8), &body)
            field(header.value, &body)
        }
        field(delivery.value, &body)
        output += mark
        number(UInt32(body.count), &output)
        number(checksum(body[...]), &output)
        output += body
    }

    /// What a message takes in a segment.
    static func bytes(of delivery: Delivery) -> Int {
        let headers = delivery.headers.reduce(0) { $0 + 8 + $1.name.utf8.count + $1.value.count }
        let key = delivery.key.map { 4 + $0.count } ?? 0
        return markBytes + 8 + 13 + delivery.topic.utf8.count + key + headers + delivery.value.count
    }

    /// Reads the frame at `position` and moves behind it; `nil` when there is no whole and sound frame.
    static func next(in bytes: [UInt8], at position: inout Int, mark: [UInt8] = []) -> Delivery? {
        let header = position + mark.count
        guard header + 8 <= bytes.count, bytes[position..<header].elementsEqual(mark) else { return nil }
        let length = Int(number(bytes, header))
        let start = header + 8
        guard length <= bytesMax, start + length <= bytes.count else { return nil }
        guard mark.isEmpty ? isPlausible(bytes, start, length) : true else { return nil }
        guard checksum(bytes[start..<start + length]) == number(bytes, header + 4) else { return nil }
        var reader = Reader(bytes: bytes, position: start, end: start + length)
        guard let delivery = reader.delivery() else { return nil }
        position = start + length
        return delivery
    }

    /// Where the first sound frame begins, from `start` on and before `end`.
    static func find(in bytes: [UInt8], from start: Int, before end: Int, mark: [UInt8]) -> Int? {
        var place = start
        while let candidate = candidate(in: bytes, from: place, before: end, mark) {
            var position = candidate
            if next(in: bytes, at: &position, mark: mark) != nil { return candidate }
            place = candidate + 1
        }
        return nil
    }

    /// Where a frame may begin: at its mark; anywhere, in a file without.
    private static func candidate(in bytes: [UInt8], from start: Int, before end: Int, _ mark: [UInt8]) -> Int? {
        guard start < min(end, bytes.count) else { return nil }
        guard let first = mark.first else { return start }
        return bytes.withUnsafeBytes { buffer in
            var place = start
            while place < end, place < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + place, Int32(first), min(end, buffer.count) - place)
            {
                place = UnsafeRawPointer(found) - base
                guard place + mark.count <= buffer.count else { return nil }
                if buffer[place..<place + mark.count].elementsEqual(mark) { return place }
                place += 1
            }
            return nil
        }
    }

    /// Whether a frame's first field could be a topic: asked before the checksum of what may be anything.
    private static func isPlausible(_ bytes: [UInt8], _ start: Int, _ length: Int) -> Bool {
        guard length >= 13 else { return false }
        return (1...249).contains(Int(number(bytes, start)))
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count))) }
    }

    private static func field(_ bytes: [UInt8], _ output: inout [UInt8]) {
        number(UInt32(bytes.count), &output)
        output += bytes
    }

    private static func number(_ value: UInt32, _ output: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
    }

    private static func number(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position: Int
        let end: Int

        mutating func delivery() -> Delivery? {
            guard let topic = field(), let hasKey = byte() else { return nil }
            var key: [UInt8]?
            if hasKey == 1 {
                guard let found = field() else { return nil }
                key = found
            }
            guard let count = number(), count < 1_000 else { return nil }
            var headers: [(name: String, value: [UInt8])] = []
            for _ in 0..<count {
                guard let name = field(), let value = field() else { return nil }
                headers.append((String(decoding: name, as: UTF8.self), value))
            }
            guard let value = field(), position == end else { return nil }
            return Delivery(topic: String(decoding: topic, as: UTF8.self), key: key, value: value, headers: headers)
        }

        private mutating func byte() -> UInt8? {
            guard position < end else { return nil }
            position += 1
            return bytes[position - 1]
        }

        private mutating func number() -> UInt32? {
            guard position + 4 <= end else { return nil }
            position += 4
            return SpoolFrame.number(bytes, position - 4)
        }

        private mutating func field() -> [UInt8]? {
            guard let length = number(), position + Int(length) <= end else { return nil }
            position += Int(length)
            return Array(bytes[position - Int(length)..<position])
        }
    }
}
