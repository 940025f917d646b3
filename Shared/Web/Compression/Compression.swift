// Compression: text that is worth it goes out as gzip to whoever takes gzip.
// Always: an answer whose size is not known beforehand (events, downloads) goes as it is: it has to arrive as it is made.
// What is secret and what a stranger can choose never share a packed answer: the only answers with a secret in them, those
// of logging in, are shorter than what is packed, so their length tells nothing of it.
import HTTPTypes
import Hummingbird
import NIOCore

struct Compression: RouterMiddleware {
    /// Below that a packet is a packet.
    static let bytesMin = 1_400
    private static let types: Set<String> = [
        "application/json", "application/problem+json", "text/html", "text/javascript", "text/css", "text/plain",
        "image/svg+xml",
    ]

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        guard Self.isText(response.headers[.contentType]) else { return response }
        if !response.headers[values: .vary].contains("Accept-Encoding") {
            response.headers.append(HTTPField(name: .vary, value: "Accept-Encoding"))
        }
        guard response.headers[.contentEncoding] == nil, request.method != .head, Self.isWanted(by: request.headers),
            let size = response.body.contentLength, size >= Self.bytesMin
        else { return response }
        let body = response.body
        response.headers[.contentEncoding] = "gzip"
        response.body = ResponseBody { writer in
            try await body.write(PackingWriter(parent: writer, packer: try GzipPacker()))
        }
        return response
    }

    static func isText(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        return types.contains(contentType.prefix { $0 != ";" }.lowercased())
    }

    /// Whether a client takes gzip: it is named, or all are, and not with a weight of nothing.
    static func isWanted(by headers: HTTPFields) -> Bool {
        var weights: [String: Bool] = [:]
        for part in headers[values: .acceptEncoding].flatMap({ $0.split(separator: ",") }) {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let name = pieces.first else { continue }
            let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
            weights[name] = (weight ?? 1) > 0
        }
        return weights["gzip"] ?? weights["*"] ?? false
    }
}

/// Packs what is written through it.
private struct PackingWriter: ResponseBodyWriter {
    var parent: any ResponseBodyWriter
    let packer: GzipPacker

    mutating func write(_ buffer: ByteBuffer) async throws {
        let packed = try packer.pack(buffer)
        if packed.readableBytes > 0 { try await parent.write(packed) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await parent.write(try packer.finish())
        try await parent.finish(trailingHeaders)
    }
}
