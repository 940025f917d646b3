// Problem: an answer that says what is wrong, as RFC 9457 writes it.
import Foundation
import Hummingbird

/// An error that a client sees. Throw it from a handler; anything else that is thrown becomes a bare 500.
public struct Problem: Error, HTTPResponseError, Sendable {
    /// The kind of the problem as an address or a name; `about:blank` when the status says it all.
    public var type: String
    public var status: HTTPResponse.Status
    /// The same for every problem of the type.
    public var title: String
    /// What happened this time, to what, and what to do. Holds no secret and nothing of the inside.
    public var detail: String?
    /// More members, such as `position` or `errors`.
    public var members: [String: any Encodable & Sendable]
    public var headers: HTTPFields

    /// - Parameters:
    ///   - status: The HTTP status; its reason is the title unless one is given.
    ///   - detail: What happened this time and what to do.
    public init(
        _ status: HTTPResponse.Status, _ detail: String? = nil, type: String = "about:blank", title: String? = nil,
        members: [String: any Encodable & Sendable] = [:], headers: HTTPFields = [:]
    ) {
        self.type = type
        self.status = status
        self.title = title ?? status.reasonPhrase
        self.detail = detail
        self.members = members
        self.headers = headers
    }

    public func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json; charset=utf-8"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(data: try json())))
    }

    func json() throws -> Data {
        struct Member: Encodable {
            let value: any Encodable

            func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
        }
        var all: [String: Member] = members.mapValues { Member(value: $0) }
        all["type"] = Member(value: type)
        all["title"] = Member(value: title)
        all["status"] = Member(value: status.code)
        if let detail { all["detail"] = Member(value: detail) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return try encoder.encode(all)
    }
}

extension Problem {
    /// One thing wrong with a body: where, as a JSON pointer, and what.
    public struct FieldError: Codable, Sendable, Equatable {
        public let pointer: String
        public let detail: String

        public init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    /// 401: there is no valid session.
    public static func unauthenticated(_ detail: String = "Log in, or send a valid bearer token.") -> Problem {
        Problem(.unauthorized, detail, headers: [.wwwAuthenticate: "Bearer realm=\"millrace\""])
    }

    /// 404.
    public static func notFound(_ detail: String? = nil) -> Problem { Problem(.notFound, detail) }

    /// 503: what the answer needs is away; with `Retry-After`.
    public static func away(_ detail: String) -> Problem {
        Problem(.serviceUnavailable, "\(detail) Try again shortly.", title: "Away", headers: [.retryAfter: "5"])
    }

    /// 413.
    public static func tooLarge(bytesMax: Int) -> Problem {
        Problem(.contentTooLarge, "The body may have at most \(bytesMax) bytes.", members: ["bytes_max": bytesMax])
    }

    /// 422: the body is well-formed and means nothing here.
    public static func unprocessable(_ errors: [FieldError]) -> Problem {
        Problem(.unprocessableContent, errors.map(\.detail).joined(separator: " "), members: ["errors": errors])
    }

    /// What a body's decoding error tells its sender.
    init(decoding error: DecodingError) {
        func pointer(_ path: [any CodingKey]) -> String {
            path.map { key in
                let text = key.intValue.map(String.init) ?? key.stringValue
                return "/" + text.replacing("~", with: "~0").replacing("/", with: "~1")
            }.joined()
        }
        switch error {
        case .keyNotFound(let key, let context):
            let place = pointer(context.codingPath + [key])
            self = .unprocessable([.init(pointer: place, detail: "\(place) is missing.")])
        case .typeMismatch(let type, let context):
            let place = pointer(context.codingPath)
            self = .unprocessable([.init(pointer: place, detail: "\(place) must be of type \(type).")])
        case .valueNotFound(_, let context):
            let place = pointer(context.codingPath)
            self = .unprocessable([.init(pointer: place, detail: "\(place) must not be null.")])
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self = Problem(.badRequest, "The body is not JSON.")
        case .dataCorrupted(let context):
            let place = pointer(context.codingPath)
            self = .unprocessable([.init(pointer: place, detail: "\(place): \(context.debugDescription)")])
        @unknown default:
            self = Problem(.badRequest, "The body cannot be read.")
        }
    }
}
