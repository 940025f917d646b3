// GzipPacker: bytes in, gzip out, a piece at a time. Its memory is zlib's window, about 256 KB, whatever goes through.
import CLibz
import NIOCore

/// One stream of gzip. Not for two tasks.
final class GzipPacker {
    /// zlib's state points back at itself, so it stays where it is made.
    private let stream: UnsafeMutablePointer<z_stream>

    private static let room = 16 << 10
    /// Half of the time of zlib's default for a few percent of size.
    static let quick: Int32 = 4
    /// For what is packed once.
    static let thorough: Int32 = 9

    /// - Throws: ``GzipError`` when there is no memory for it.
    init(level: Int32 = GzipPacker.quick) throws(GzipError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = millrace_gzip_init(stream, level)
        guard code == Z_OK else {
            stream.deallocate()
            throw GzipError(code: code)
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What comes out when `bytes` go in: often nothing yet.
    func pack(_ bytes: ByteBuffer) throws(GzipError) -> ByteBuffer { try run(bytes, Z_NO_FLUSH) }

    /// What is left. Nothing may go in afterwards.
    func finish() throws(GzipError) -> ByteBuffer { try run(ByteBuffer(), Z_FINISH) }

    /// `bytes` as a whole file of gzip.
    static func packed(_ bytes: ByteBuffer, level: Int32) throws(GzipError) -> ByteBuffer {
        let packer = try GzipPacker(level: level)
        var whole = try packer.pack(bytes)
        var rest = try packer.finish()
        whole.writeBuffer(&rest)
        return whole
    }

    private func run(_ bytes: ByteBuffer, _ flush: Int32) throws(GzipError) -> ByteBuffer {
        var out = ByteBuffer()
        var failure: Int32?
        bytes.withUnsafeReadableBytes { input in
            // zlib does not write to its input; its type only says otherwise.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(input.count)
            var isFull = true
            while isFull, failure == nil {
                out.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.room) { output in
                    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = UInt32(output.count)
                    let code = deflate(stream, flush)
                    // With nothing to do it says so by an error that is none.
                    if code != Z_OK, code != Z_STREAM_END, code != Z_BUF_ERROR { failure = code }
                    isFull = stream.pointee.avail_out == 0
                    return output.count - Int(stream.pointee.avail_out)
                }
            }
        }
        if let failure { throw GzipError(code: failure) }
        return out
    }
}

/// What zlib said.
struct GzipError: Error, Equatable, CustomStringConvertible {
    let code: Int32
    var description: String { "zlib cannot pack this answer (\(code)). Is there memory left?" }
}
