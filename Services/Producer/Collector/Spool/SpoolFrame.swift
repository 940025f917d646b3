// SpoolFrame: how a message lies in a file of the spool: length and checksum, then the message. A frame that was not
// written to its end does not check, and so is no message.
import CLibz

enum SpoolFrame {
    static let headerBytes = 8
    /// More than any event with its headers; a length beyond is damage.
    static let bytesMax = 4 << 20

    /// Appends the frame of a message.
    static func append(_ delivery: Delivery, to output: inout [UInt8]) {
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
        number(UInt32(body.count), &output)
        number(checksum(body[...]), &output)
        output += body
    }

    /// Reads the frame at `position` and moves behind it; `nil` when there is no whole and sound frame.
    static func next(in bytes: [UInt8], at position: inout Int) -> Delivery? {
        guard position + headerBytes <= bytes.count else { return nil }
        let length = Int(number(bytes, position))
        let start = position + headerBytes
        guard length <= bytesMax, start + length <= bytes.count else { return nil }
        guard checksum(bytes[start..<start + length]) == number(bytes, position + 4) else { return nil }
        var reader = Reader(bytes: bytes, position: start, end: start + length)
        guard let delivery = reader.delivery() else { return nil }
        position = start + length
        return delivery
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
