// Unpackers: gzip and zstd, a piece in and a piece out.
// Always: a small file that unpacks to a large one is given out in pieces of the size asked for.
import CLibz
import CLibzstd

/// What a file's first bytes say of its packing.
enum Packing: String, Sendable {
    case none, gzip, zstd

    init(of head: some Collection<UInt8>) {
        let magic = Array(head.prefix(4))
        if magic.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if magic == [0x28, 0xB5, 0x2F, 0xFD] {
            self = .zstd
        } else {
            self = .none
        }
    }

    /// - Returns: `nil` for what is not packed.
    func unpacker() throws(UnpackFailure) -> (any Unpacker)? {
        switch self {
        case .none: nil
        case .gzip: try GzipUnpacker()
        case .zstd: try ZstdUnpacker()
        }
    }
}

/// Why bytes cannot be unpacked.
struct UnpackFailure: Error {
    let reason: String
}

/// Unpacks a stream of pieces. Not for two threads at once.
protocol Unpacker: AnyObject {
    /// Gives it the next packed bytes. Only when `take` has returned nothing.
    func put(_ packed: [UInt8])
    /// The next plain bytes, `bytesMax` at most; empty when it needs more packed ones.
    func take(_ bytesMax: Int) throws(UnpackFailure) -> [UInt8]
    /// Whether a stream has come to its end and no other one has begun: the file may end here.
    var isComplete: Bool { get }
}

/// gzip, any number of members one after the other (RFC 1952).
final class GzipUnpacker: Unpacker {
    /// On the heap: zlib's state points back at it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var input: [UInt8] = []
    private var position = 0
    private var holdsMore = false
    private(set) var isComplete = false

    init() throws(UnpackFailure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard millrace_inflate_init(stream, 15 + 16) == Z_OK else {
            stream.deallocate()
            throw UnpackFailure(reason: "no memory for zlib")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func put(_ packed: [UInt8]) {
        input = packed
        position = 0
    }

    func take(_ bytesMax: Int) throws(UnpackFailure) -> [UInt8] {
        while position < input.count || holdsMore {
            if isComplete {
                // Bytes of zero behind the last member are padding.
                while position < input.count, input[position] == 0 { position += 1 }
                guard position < input.count else { break }
                inflateReset(stream)
                isComplete = false
            }
            let before = position
            let (output, code) = inflateOnce(bytesMax)
            switch code {
            case Z_STREAM_END:
                isComplete = true
                holdsMore = false
            case Z_OK, Z_BUF_ERROR: break
            default: throw UnpackFailure(reason: stream.pointee.msg.map { String(cString: $0) } ?? "zlib says \(code)")
            }
            if !output.isEmpty { return output }
            guard position > before || isComplete else { break }
        }
        return []
    }

    private func inflateOnce(_ bytesMax: Int) -> ([UInt8], Int32) {
        var code = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            input.withUnsafeBufferPointer { packed in
                // zlib does not write to its input; its type only says otherwise.
                stream.pointee.next_in = packed.baseAddress.map { UnsafeMutablePointer(mutating: $0 + position) }
                stream.pointee.avail_in = UInt32(packed.count - position)
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(bytesMax)
                code = millrace_inflate(stream)
                position = packed.count - Int(stream.pointee.avail_in)
            }
            count = bytesMax - Int(stream.pointee.avail_out)
            holdsMore = stream.pointee.avail_out == 0
        }
        return (output, code)
    }
}

/// zstd, any number of frames one after the other (RFC 8878).
final class ZstdUnpacker: Unpacker {
    private let stream: OpaquePointer
    private var input: [UInt8] = []
    private var position = 0
    private var holdsMore = false
    private(set) var isComplete = false

    init() throws(UnpackFailure) {
        guard let stream = ZSTD_createDStream() else { throw UnpackFailure(reason: "no memory for zstd") }
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    func put(_ packed: [UInt8]) {
        input = packed
        position = 0
    }

    func take(_ bytesMax: Int) throws(UnpackFailure) -> [UInt8] {
        while position < input.count || holdsMore {
            let before = position
            var code = 0
            let output = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
                input.withUnsafeBytes { packed in
                    var source = ZSTD_inBuffer(src: packed.baseAddress, size: packed.count, pos: position)
                    var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: bytesMax, pos: 0)
                    code = ZSTD_decompressStream(stream, &target, &source)
                    position = source.pos
                    count = target.pos
                }
            }
            guard ZSTD_isError(code) == 0 else {
                throw UnpackFailure(reason: String(cString: ZSTD_getErrorName(code)))
            }
            holdsMore = output.count == bytesMax
            isComplete = code == 0
            if !output.isEmpty { return output }
            guard position > before else { break }
        }
        return []
    }
}
