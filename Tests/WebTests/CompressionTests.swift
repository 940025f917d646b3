import CLibz
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Web

@Suite("Text is packed for whoever takes gzip") struct CompressionTests {
    static let long = String(repeating: "{\"name\": \"value\"}, ", count: 500)

    static func face() async throws -> Face {
        let face = try await Face()
        face.web.router.get("long") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: .init(string: long)))
        }
        face.web.router.get("pieces") { _, _ in
            let bytes = Array(long.utf8)
            let body = ResponseBody(contentLength: bytes.count) { writer in
                for start in stride(from: 0, to: bytes.count, by: 100) {
                    try await writer.write(ByteBuffer(bytes: bytes[start..<min(start + 100, bytes.count)]))
                }
                try await writer.finish(nil)
            }
            return Response(status: .ok, headers: [.contentType: "text/plain; charset=utf-8"], body: body)
        }
        face.web.router.get("short") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: .init(string: "{}")))
        }
        face.web.router.get("stream") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain"],
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: long))
                    try await writer.finish(nil)
                })
        }
        face.web.router.get("image") { _, _ in
            Response(status: .ok, headers: [.contentType: "image/png"], body: .init(byteBuffer: .init(string: long)))
        }
        return face
    }

    @Test("and comes out whole, in one piece or in many", arguments: ["/long", "/pieces"])
    func packed(uri: String) async throws {
        let answer = try await Self.face().ask(.get, uri, headers: [.acceptEncoding: "br, gzip"])
        #expect(answer.headers[.contentEncoding] == "gzip")
        #expect(answer.headers[.vary] == "Accept-Encoding")
        #expect(answer.headers[.contentLength] == nil)
        #expect(answer.body.readableBytes < Self.long.utf8.count / 10)
        #expect(try Self.unpacked(answer.body) == Self.long)
    }

    @Test("what is short, streamed or packed already goes as it is", arguments: ["/short", "/stream", "/image"])
    func plain(uri: String) async throws {
        let answer = try await Self.face().ask(.get, uri, headers: [.acceptEncoding: "gzip"])
        #expect(answer.status == .ok && answer.headers[.contentEncoding] == nil)
        #expect(answer.text == (uri == "/short" ? "{}" : Self.long))
    }

    @Test(
        "only when it is asked for",
        arguments: [
            ("gzip", true), ("GZIP;q=0.5", true), ("*", true), ("deflate, *;q=0.1", true), ("gzip;q=0", false),
            ("gzip; q=0.000", false), ("identity", false), ("*;q=0", false), ("gzip;q=0, *", false), ("br", false),
            ("", false), ("xgzip", false), ("gzip;q=x", false),
        ])
    func wanted(header: String, isPacked: Bool) async throws {
        let answer = try await Self.face().ask(.get, "/long", headers: [.acceptEncoding: header])
        #expect((answer.headers[.contentEncoding] == "gzip") == isPacked)
        #expect(answer.headers[.vary] == "Accept-Encoding")
    }

    @Test("files too, each kind with a tag of its own; a name with a hash in it is kept for ever") func files()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "packed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["app.js", "index-DlVyZyb_.js"] {
            try Self.long.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        let face = try await Face()
        try StaticFiles(folder: folder.path, hasHashedNames: true).addRoutes(to: face.web.router, below: "v")
        try StaticFiles(folder: folder.path).addRoutes(to: face.web.router, below: "own")
        let gzip: HTTPFields = [.acceptEncoding: "gzip"]
        for _ in 0..<2 {
            let packed = try await face.ask(.get, "/v/app.js", headers: gzip)
            #expect(try Self.unpacked(packed.body) == Self.long)
            #expect(packed.headers[.contentType] == "text/javascript; charset=utf-8")
            #expect(packed.headers[values: .vary] == ["Accept-Encoding"])
            let plain = try await face.ask(.get, "/v/app.js")
            #expect(plain.text == Self.long && plain.headers[.eTag] != packed.headers[.eTag])
            let tag = try #require(packed.headers[.eTag])
            let again = try await face.ask(.get, "/v/app.js", headers: [.acceptEncoding: "gzip", .ifNoneMatch: tag])
            #expect(again.status == .notModified)
            #expect(try await face.ask(.get, "/v/app.js", headers: [.ifNoneMatch: tag]).status == .ok)
            let head = try await face.ask(.head, "/v/app.js", headers: gzip)
            #expect(head.headers[.contentLength] == String(packed.body.readableBytes) && head.body.readableBytes == 0)
        }
        let pinned = try await face.ask(.get, "/v/index-DlVyZyb_.js")
        #expect(pinned.headers[.cacheControl] == "public, max-age=31536000, immutable")
        #expect(try await face.ask(.get, "/v/app.js").headers[.cacheControl] == "no-cache")
        #expect(try await face.ask(.get, "/own/index-DlVyZyb_.js").headers[.cacheControl] == "no-cache")
    }

    static func unpacked(_ body: ByteBuffer) throws -> String {
        var stream = z_stream()
        try #require(millrace_inflate_init(&stream, 15 + 32) == Z_OK)
        defer { inflateEnd(&stream) }
        var input = Array(body.readableBytesView)
        var output = [UInt8](repeating: 0, count: 1 << 20)
        let code = input.withUnsafeMutableBufferPointer { from in
            output.withUnsafeMutableBufferPointer { into in
                stream.next_in = from.baseAddress
                stream.avail_in = UInt32(from.count)
                stream.next_out = into.baseAddress
                stream.avail_out = UInt32(into.count)
                return millrace_inflate(&stream)
            }
        }
        try #require(code == Z_STREAM_END)
        return String(decoding: output.prefix(Int(stream.total_out)), as: UTF8.self)
    }
}
