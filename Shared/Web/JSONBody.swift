// JSONBody: JSON in and out. Every way in which a body can be wrong becomes the problem that says so.
import Foundation
import Hummingbird

/// Reads and writes JSON bodies: snake_case is the types' business, dates are ISO 8601, keys are sorted.
public struct JSONBody: RequestDecoder, ResponseEncoder {
    public init() {}

    /// - Throws: ``Problem``: 415 for another type, 413 for too much, 400 for what is not JSON, 422 for JSON of
    ///   another shape, with the place in it.
    public func decode<T: Decodable>(
        _ type: T.Type, from request: Request, context: some RequestContext
    ) async throws -> T {
        if let contentType = request.headers[.contentType] {
            guard let media = MediaType(from: contentType), media.isType(.applicationJson) else {
                throw Problem(.unsupportedMediaType, "The body must be application/json.")
            }
        } else {
            throw Problem(.unsupportedMediaType, "The Content-Type must be application/json.")
        }
        let buffer = try await request.boundedBody(bytesMax: context.maxUploadSize)
        return try Self.decode(type, from: Data(buffer: buffer))
    }

    static func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: data)
        } catch let error as DecodingError {
            throw Problem(decoding: error)
        }
    }

    public func encode(
        _ value: some Encodable, from request: Request, context: some RequestContext
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(data: try encoder.encode(value))))
    }
}

extension Request {
    /// The whole body.
    /// - Throws: ``Problem`` 413 when it is longer than `bytesMax`, before reading when its length says so.
    public func boundedBody(bytesMax: Int) async throws -> ByteBuffer {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > bytesMax {
            throw Problem.tooLarge(bytesMax: bytesMax)
        }
        do {
            return try await body.collect(upTo: bytesMax)
        } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
            throw Problem.tooLarge(bytesMax: bytesMax)
        }
    }
}
