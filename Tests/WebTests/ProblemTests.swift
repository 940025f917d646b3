import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceRuntime
import Testing

@testable import Web

@Suite("Every error is problem+json") struct ProblemTests {
    struct Order: Decodable, ResponseEncodable {
        let name: String
        let lines: [Line]
        struct Line: Codable { let count: Int }

        func encode(to encoder: any Encoder) throws { try name.encode(to: encoder) }
    }
    struct Inside: Error, CustomStringConvertible { let description = "connection string postgres://secret" }

    static func face() async throws -> Face {
        let face = try await Face(bodyBytesMax: 200)
        face.web.router.post("orders") { request, context in
            try await request.decode(as: Order.self, context: context).name
        }
        face.web.router.get("orders/{id}") { _, context in
            try context.parameters.require("id", as: Int.self).description
        }
        face.web.router.get("broken") { _, _ -> String in throw Inside() }
        face.web.router.get("teapot") { _, _ -> String in
            throw Problem(.conflict, "It exists.", members: ["position": 7])
        }
        face.web.router.get("deep/**") { _, _ in "deep" }
        return face
    }

    @Test(
        "with its status",
        arguments: [
            ("GET", "/nothing", nil, nil, 404, "There is nothing at this path."),
            ("DELETE", "/orders", nil, nil, 405, "This path takes POST."),
            ("PUT", "/orders/1", nil, nil, 405, "This path takes GET, HEAD."),
            ("PUT", "/deep/a/b", nil, nil, 405, "This path takes GET, HEAD."),
            ("GET", "/orders/x", nil, nil, 400, nil),
            ("GET", "/teapot", nil, nil, 409, "It exists."),
            ("POST", "/orders", "{}", nil, 415, "The Content-Type must be application/json."),
            ("POST", "/orders", "{}", "text/plain", 415, "The body must be application/json."),
            ("POST", "/orders", "{", "application/json", 400, "The body is not JSON."),
            ("POST", "/orders", String(repeating: "[", count: 150), "application/json", 400, "The body is not JSON."),
            ("POST", "/orders", "{}", "application/json", 422, "/name is missing."),
            ("POST", "/orders", #"{"name":null,"lines":[]}"#, "application/json", 422, "/name must not be null."),
            (
                "POST", "/orders", #"{"name":"a","lines":[{"count":"x"}]}"#, "application/json", 422,
                "/lines/0/count must be of type Int."
            ),
            (
                "POST", "/orders", String(repeating: " ", count: 201), "application/json", 413,
                "The body may have at most 200 bytes."
            ),
        ] as [(String, String, String?, String?, Int, String?)])
    func statuses(
        method: String, uri: String, body: String?, type: String?, status: Int, detail: String?
    ) async throws {
        let response = try await Self.face().ask(
            try #require(HTTPRequest.Method(method)), uri, headers: type.map { [.contentType: $0] } ?? [:], body: body)
        #expect(response.status.code == status)
        #expect(response.headers[.contentType] == "application/problem+json; charset=utf-8")
        #expect(response.json["status"] as? Int == status)
        #expect(response.json["type"] as? String == "about:blank")
        if let detail { #expect(response.json["detail"] as? String == detail) }
        #expect((response.headers[.allow] != nil) == (status == 405))
    }

    @Test func anUnexpectedErrorTellsNothingOfTheInside() async throws {
        let response = try await Self.face().ask(.get, "/broken")
        #expect(response.status == .internalServerError)
        #expect(!response.text.contains("postgres"))
        #expect(response.json["request_id"] is String)
    }

    @Test func deepJSONIsRefused() async throws {
        let face = try await Face()
        face.web.router.post("orders") { request, context in
            try await request.decode(as: Order.self, context: context).name
        }
        let deep = String(repeating: "[", count: 400_000) + String(repeating: "]", count: 400_000)
        #expect(
            try await face.ask(.post, "/orders", headers: [.contentType: "application/json"], body: deep).status
                == .badRequest)
    }

    @Test func membersStandBesideTheOthers() async throws {
        #expect(try await Self.face().ask(.get, "/teapot").json["position"] as? Int == 7)
    }
}

@Suite("Every answer has the same armour") struct HeaderTests {
    @Test("whatever its status", arguments: ["/healthz", "/nothing"])
    func headers(uri: String) async throws {
        let response = try await Face().ask(.get, uri)
        #expect(
            response.headers[.contentSecurityPolicy]
                == "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'")
        for (name, value) in [
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-store"),
        ] {
            #expect(response.headers[try #require(.init(name))] == value)
        }
    }

    @Test func ourHeaderNamesAreNames() {
        #expect(HTTPField.Name.csrfToken.rawName == "X-CSRF-Token")
        #expect(HTTPField.Name.forwardedProtocol.rawName == "X-Forwarded-Proto")
        #expect(HTTPField.Name.fetchSite.rawName == "Sec-Fetch-Site")
        #expect(HTTPField.Name.lastEventID.rawName == "Last-Event-ID")
        #expect(HTTPField.Name.accelBuffering.rawName == "X-Accel-Buffering")
    }
}

@Suite("Health is open to probes") struct HealthRouteTests {
    @Test func readinessFollowsTheChecks() async throws {
        let health = HealthChecks()
        let face = try await Face(health: health)
        #expect(try await face.ask(.get, "/healthz").text == #"{"status":"ok"}"#)
        #expect(try await face.ask(.get, "/readyz").status == .ok)
        health.add("kafka") { .failing("no broker") }
        let response = try await face.ask(.get, "/readyz")
        #expect(response.status == .serviceUnavailable)
        #expect(response.text == #"{"status":"unready","checks":{"kafka":"no broker"}}"#)
    }

    @Test func metricsAreText() async throws {
        let response = try await Face().ask(.get, "/metrics")
        #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(response.text.contains("# TYPE process_resident_memory_bytes gauge"))
    }
}
