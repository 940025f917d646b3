import CLibz

/// Unpacks gzip (of any number of members) and deflate bodies, never beyond a bound: a small body cannot fill the memory.
enum Inflater {
    enum Failure: Error, Equatable { case damaged, tooLarge }

    /// - Throws: `.damaged` for what is not such a stream or ends early, `.tooLarge` for more than `bytesMax`.
    static func inflate(_ packed: UnsafeRawBufferPointer, bytesMax: Int) throws(Failure) -> [UInt8] {
        do {
            return try inflate(packed, bytesMax, windowBits: 15 + 32)
        } catch .damaged where packed.first != 0x1F {
            // `deflate` means zlib's format; some senders leave its header out.
            return try inflate(packed, bytesMax, windowBits: -15)
        }
    }

    private static func inflate(
        _ packed: UnsafeRawBufferPointer, _ bytesMax: Int, windowBits: Int32
    ) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard millrace_inflate_init(&stream, windowBits) == Z_OK else { throw .damaged }
        defer { inflateEnd(&stream) }
        // zlib does not write to its input; its type only says otherwise.
        stream.next_in = UnsafeMutablePointer(mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(packed.count)
        var plain: [UInt8] = []
        var capacity = min(bytesMax + 1, max(4096, packed.count * 6))
        while true {
            var code = Z_OK
            let filled = plain.count
            let room = capacity - filled
            plain.append(
                contentsOf: [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(room)
                    code = millrace_inflate(&stream)
                    count = room - Int(stream.avail_out)
                })
            guard plain.count <= bytesMax else { throw .tooLarge }
            if code == Z_STREAM_END {
                guard stream.avail_in > 0 else { return plain }
                // A second member (`cat a.gz b.gz`): its events belong to the body as much as those of the first.
                guard stream.avail_in > 2, stream.next_in[0] == 0x1F, stream.next_in[1] == 0x8B,
                    inflateReset(&stream) == Z_OK
                else { throw .damaged }
                if plain.count == capacity { capacity = min(bytesMax + 1, capacity * 2) }
                continue
            }
            // Nothing left to read, or nothing that could be read.
            guard code == Z_OK || code == Z_BUF_ERROR, stream.avail_out == 0 else { throw .damaged }
            capacity = min(bytesMax + 1, capacity * 2)
        }
    }
}
