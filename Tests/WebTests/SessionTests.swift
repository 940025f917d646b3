import Cryptography
import Foundation
import Hummingbird
import HummingbirdTesting
import ServiceRuntime
import Synchronization
import Testing

@testable import Web

@Suite("A session is ours, whole and in time") struct SessionTests {
    /// A token made by hand: what a forger would send.
    static func token(header: String, claims: [String: any Sendable], key: String = Face.secret) throws -> String {
        func encoded(_ data: Data) -> String {
            data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        let signed = encoded(Data(header.utf8)) + "." + encoded(try JSONSerialization.data(withJSONObject: claims))
        let code = HMAC.sha256(signed.utf8, key: key.utf8)
        return signed + "." + encoded(Data(code))
    }

    static let claims: [String: any Sendable] = [
        "sub": "1", "name": "ada", "role": "admin", "aud": "millrace", "jti": "s",
        "exp": Date().timeIntervalSince1970 + 60, "iat": Date().timeIntervalSince1970,
    ]
    static let header = #"{"alg":"HS256","typ":"JWT"}"#

    @Test func issuedTokensAreRead() async throws {
        let sessions = try await Face().sessions
        let (principal, token) = try await sessions.issue(subject: "7", name: "ada", role: .operator_)
        let read = try await sessions.verify(token)
        #expect(
            read.subject == "7" && read.name == "ada" && read.role == .operator_ && read.session == principal.session)
        #expect(try await sessions.verify(Self.token(header: Self.header, claims: Self.claims)).role == .admin)
    }

    @Test(
        "forgeries are refused",
        arguments: [
            ("none", #"{"alg":"none"}"#, Face.secret, [:], SessionError.malformed),
            ("None", #"{"alg":"None","typ":"JWT"}"#, Face.secret, [:], .malformed),
            ("another algorithm", #"{"alg":"HS512","typ":"JWT"}"#, Face.secret, [:], .malformed),
            ("a public-key algorithm", #"{"alg":"RS256","typ":"JWT"}"#, Face.secret, [:], .malformed),
            ("another type", #"{"alg":"HS256","typ":"JWE"}"#, Face.secret, [:], .malformed),
            ("another key", header, "another-key-of-thirty-two-bytes!", [:], .forged),
            ("another audience", header, Face.secret, ["aud": "superset"], .forged),
            ("an unknown role", header, Face.secret, ["role": "root"], .forged),
            ("a past end", header, Face.secret, ["exp": 1_000_000], .expired),
        ] as [(String, String, String, [String: any Sendable], SessionError)])
    func forgeries(
        name: String, header: String, key: String, change: [String: any Sendable], error: SessionError
    ) async throws {
        let token = try Self.token(header: header, claims: Self.claims.merging(change) { $1 }, key: key)
        let sessions = try await Face().sessions
        await #expect(throws: error) { try await sessions.verify(token) }
    }

    @Test(
        "what is no token is refused",
        arguments: ["", "a.b", "a.b.c", "..", "{}", String(repeating: "a", count: 9_000)])
    func garbage(token: String) async throws {
        let sessions = try await Face().sessions
        await #expect(throws: SessionError.malformed) { try await sessions.verify(token) }
    }

    @Test func aTokenWithoutSignatureOrEndIsRefused() async throws {
        let sessions = try await Face().sessions
        let token = try Self.token(header: Self.header, claims: Self.claims)
        let unsigned = token.split(separator: ".").prefix(2).joined(separator: ".") + "."
        await #expect(throws: SessionError.malformed) { try await sessions.verify(unsigned) }
        let endless = try Self.token(header: Self.header, claims: Self.claims.filter { $0.key != "exp" })
        await #expect(throws: SessionError.forged) { try await sessions.verify(endless) }
    }

    @Test func aRevokedSessionIsRefused() async throws {
        let face = try await Face(accepts: { principal, _ in principal.subject == "gone" ? .ended : .stands })
        let token = try await face.sessions.issue(subject: "gone", name: "x", role: .admin).token
        await #expect(throws: SessionError.revoked) { try await face.sessions.verify(token) }
    }

    @Test(
        "weak secrets stop the start",
        arguments: [
            "short", "", String(repeating: "a", count: 64), "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
            "test-guest-secret-change-me-please", "thisISaSECRET_1234thisISaSECRET_1234secret_key",
            "0123456789abcdef0123456789abcdef",
        ])
    func weakSecrets(secret: String) {
        #expect(throws: SettingsError.self) {
            try SessionSettings(secret: secret, lifetime: .seconds(60), login: .path("/login"))
        }
    }

    @Test(
        "a role is at least those before it",
        arguments: [
            (Role.viewer, Role.editor), (.editor, .operator_), (.operator_, .admin),
        ])
    func roles(lower: Role, higher: Role) { #expect(lower < higher) }
}

@Suite("Who may do what") struct AccessTests {
    static func face() async throws -> Face {
        let face = try await Face()
        let api = face.web.router.group("api").add(middleware: RequireRole(.operator_))
        api.get("name") { _, context in try context.requirePrincipal().name }
        api.post("run") { _, _ in "ran" }
        face.web.router.group("pages").add(middleware: RequireLogin(login: .port(8088, path: "/login")))
            .get("dags") { _, _ in "page" }
        face.web.router.group("login").add(middleware: RefuseCrossSite()).post { _, _ in "in" }
        return face
    }

    @Test func apisAnswerByRole() async throws {
        let face = try await Self.face()
        #expect(try await face.ask(.get, "/api/name").status == .unauthorized)
        #expect(try await face.ask(.get, "/api/name", headers: face.browser(.editor, csrf: false)).status == .forbidden)
        #expect(try await face.ask(.get, "/api/name", headers: face.browser(.admin, csrf: false)).text == "ada")
        let token = try await face.sessions.issue(subject: "1", name: "bot", role: .operator_).token
        #expect(try await face.ask(.post, "/api/run", headers: [.authorization: "Bearer \(token)"]).text == "ran")
        let bad = try await face.ask(.get, "/api/name", headers: [.authorization: "Bearer x"])
        #expect(bad.status == .unauthorized && bad.headers[.wwwAuthenticate] != nil)
        #expect(try await face.ask(.get, "/healthz", headers: [.cookie: "millrace_session=old"]).status == .ok)
    }

    @Test func aChangeByCookieNeedsTheToken() async throws {
        let face = try await Self.face()
        #expect(try await face.ask(.post, "/api/run", headers: face.browser(.admin, csrf: true)).text == "ran")
        #expect(try await face.ask(.post, "/api/run", headers: face.browser(.admin, csrf: false)).status == .forbidden)
        // A token that the attacker set in the cookie too is not the session's.
        var headers = try await face.browser(.admin, csrf: false)
        let session = headers[.cookie]?.split(separator: ";").first ?? ""
        headers[.cookie] = "\(session); millrace_csrf=AAAA"
        headers[.csrfToken] = "AAAA"
        #expect(try await face.ask(.post, "/api/run", headers: headers).status == .forbidden)
    }

    @Test func pagesSendVisitorsToLogIn() async throws {
        let face = try await Self.face()
        let response = try await face.ask(.get, "/pages/dags?x=1&y=a%20b")
        #expect(response.status == .seeOther)
        #expect(
            response.headers[.location]
                == "http://localhost:8088/login?next=http%3A//localhost/pages/dags%3Fx%3D1%26y%3Da%2520b")
        #expect(try await face.ask(.get, "/pages/dags", headers: face.browser(.viewer, csrf: false)).text == "page")
    }

    @Test func otherSitesCannotLogIn() async throws {
        let face = try await Self.face()
        #expect(try await face.ask(.post, "/login", headers: [.fetchSite: "cross-site"]).status == .forbidden)
        #expect(try await face.ask(.post, "/login", headers: [.origin: "http://evil.example"]).status == .forbidden)
        #expect(try await face.ask(.post, "/login", headers: [.origin: "null"]).status == .forbidden)
        #expect(try await face.ask(.post, "/login", headers: [.origin: "http://localhost"]).text == "in")
        #expect(try await face.ask(.post, "/login").text == "in")
    }

    @Test(
        "the way back leads to the same host alone",
        arguments: [
            ("/dags?x=1#y", true), ("http://data.example:8080/dags", true), ("https://DATA.example/", true),
            ("", false), ("//evil.example", false), ("/\\evil.example", false), ("\\\\evil.example", false),
            ("https:evil.example", false), ("https:///evil.example", false), ("https:\\\\evil.example", false),
            ("http://evil.example/", false), ("http://data.example@evil.example/", false),
            ("http://data.example.evil.example/", false), ("javascript:alert(1)", false), ("dags", false),
            ("/a\nb", false), (" //evil.example", false), ("http://evil.example#data.example", false),
            ("http://data.example:80@evil.example", false), ("http://u:p@data.example/", false),
        ])
    func safeTargets(next: String, isSafe: Bool) {
        #expect((LoginRedirect.safeTarget(next, host: "data.example") != nil) == isSafe)
    }

    @Test(
        "hosts come out of authorities",
        arguments: [
            ("localhost:8080", "localhost"), ("[::1]:8080", "::1"), ("a.b", "a.b"), ("a b", nil), ("a/b", nil),
            ("u@a", nil),
            ("", nil), ("a?b", nil),
        ] as [(String, String?)])
    func hosts(authority: String, host: String?) { #expect(HostName.host(ofAuthority: authority) == host) }

    @Test func loggingInAndOutSetsCookies() async throws {
        let face = try await Face()
        let sessions = face.sessions
        face.web.router.get("in") { request, _ in
            var response = Response(status: .noContent)
            SessionCookies.begin(
                try await sessions.issue(subject: "1", name: "a", role: .viewer), of: sessions, on: &response,
                for: request)
            return response
        }
        face.web.router.get("out") { request, _ in
            var response = Response(status: .noContent)
            SessionCookies.end(on: &response, for: request)
            return response
        }
        let set = try await face.ask(.get, "/in", headers: [.forwardedProtocol: "https"]).headers[values: .setCookie]
        #expect(set.count == 2)
        #expect(set.allSatisfy { $0.contains("SameSite=Lax") && $0.contains("Secure") && $0.contains("Path=/") })
        #expect(set.filter { $0.contains("HttpOnly") }.map { $0.hasPrefix("millrace_session=") } == [true])
        #expect(try await face.ask(.get, "/in").headers[values: .setCookie].allSatisfy { !$0.contains("Secure") })
        #expect(try await face.ask(.get, "/out").headers[values: .setCookie].allSatisfy { $0.contains("Max-Age=0") })
    }
}
