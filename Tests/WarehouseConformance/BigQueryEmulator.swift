import Curl
import Foundation
import TestKit

/// Statements for the emulator that go past the engine.
struct BigQueryEmulator: Sendable {
    /// What the emulator said against a statement.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    let address = BigQueryTestServer.address ?? ""
    private let http = HTTPClient(logger: PostgresTestServer.logger())

    private struct Request: Encodable {
        let query: String
        let useLegacySql = false
    }

    private struct Answer: Decodable {
        struct Failure: Decodable { let message: String }
        /// The emulator tells of errors in an answer of status 200.
        let errors: [Failure]?
    }

    func execute(_ sql: String) async throws {
        let body = try JSONEncoder().encode(Request(query: sql))
        let response = try await http.send(
            OutgoingRequest(
                "POST", "http://\(address)/bigquery/v2/projects/\(BigQueryTestServer.project)/queries",
                headers: [("Content-Type", "application/json")], body: .bytes([UInt8](body))))
        guard response.status == 200 else { throw Refusal(description: "\(response.status) \(response.text): \(sql)") }
        if let failure = try JSONDecoder().decode(Answer.self, from: Data(response.body)).errors?.first {
            throw Refusal(description: "\(failure.message): \(sql)")
        }
    }
}
