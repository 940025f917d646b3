import Foundation
import HTTPTypes
import ServiceRuntime
import Testing

@testable import Web

@Suite("A session that ended early is over wherever it is shown") struct EndedSessionsTests {
    let start = ContinuousClock.now
    let day = Date(timeIntervalSince1970: 1_800_000_000)

    private func principal(_ user: String, _ session: String) -> Principal {
        Principal(subject: user, name: user, role: .viewer, session: session)
    }

    @Test func usersAndSessions() {
        let ended = EndedSessions()
        ended.isKnown(upTo: start)
        ended.end(user: "ada", session: nil, before: day, now: day)
        ended.end(user: "ada", session: nil, before: day - 60, now: day)  // told again, or late
        ended.end(user: "bob", session: "s1", before: day, now: day)
        func verdict(_ user: String, _ session: String, _ issued: Double) -> SessionVerdict {
            ended.verdict(on: principal(user, session), issuedAt: day + issued, now: start)
        }
        #expect(verdict("ada", "x", -0.001) == .ended)
        #expect(verdict("ada", "x", 0) == .stands)
        #expect(verdict("ada", "x", 0.5) == .stands)
        #expect(verdict("bob", "s1", -5) == .ended)
        #expect(verdict("bob", "s1", 5) == .ended)
        #expect(verdict("bob", "s2", -5) == .stands)
        #expect(verdict("eve", "s3", -5) == .stands)
    }

    @Test("nobody is let in before everything was heard, nor long after Kafka went away")
    func staleness() {
        let ended = EndedSessions(stalenessMax: .seconds(900))
        func verdict(_ seconds: Int) -> SessionVerdict {
            ended.verdict(on: principal("ada", "s"), issuedAt: day, now: start + .seconds(seconds))
        }
        guard case .unknown = verdict(0), case .failing = ended.health(now: start) else {
            Issue.record("let in before anything was heard")
            return
        }
        ended.isKnown(upTo: start)
        #expect(verdict(900) == .stands)
        #expect(ended.health(now: start) == .ok)
        guard case .warning = ended.health(now: start + .seconds(300)), case .unknown = verdict(901),
            case .failing = ended.health(now: start + .seconds(901))
        else {
            Issue.record("let in on old knowledge")
            return
        }
        // What is known to have ended stays so.
        ended.end(user: "ada", session: "s", before: day, now: day)
        #expect(verdict(901) == .ended)
    }

    @Test func whatHasExpiredIsForgotten() {
        let ended = EndedSessions()
        for number in 0..<5_000 {
            let before = day + Double(number) * 86_400  // one a day
            ended.end(user: "\(number)", session: number % 2 == 0 ? nil : "\(number)", before: before, now: before)
        }
        #expect(ended.count <= 1_000)
    }

    @Test("what cannot be checked now is 503 where a session is needed, and nothing elsewhere")
    func unchecked() async throws {
        let face = try await Face(accepts: { _, _ in .unknown("The database does not answer.") })
        face.web.router.group("api").add(middleware: RequireRole(.viewer)).get("name") { _, _ in "name" }
        face.web.router.group("pages").add(middleware: RequireLogin(login: .path("/login"))).get("page") { _, _ in
            "page"
        }
        face.web.router.get("open") { _, _ in "open" }
        let token = try await face.sessions.issue(subject: "1", name: "ada", role: .viewer).token
        for headers in [[.cookie: "millrace_session=\(token)"], [.authorization: "Bearer \(token)"]] as [HTTPFields] {
            let api = try await face.ask(.get, "/api/name", headers: headers)
            #expect(api.status == .serviceUnavailable && api.headers[.retryAfter] == "5")
            #expect(api.json["detail"] as? String == "The database does not answer. Try again shortly.")
            var browser = headers
            browser[.accept] = "text/html,application/xhtml+xml"
            let page = try await face.ask(.get, "/pages/page", headers: browser)
            #expect(page.status == .serviceUnavailable && page.headers[.contentType]?.hasPrefix("text/html") == true)
            #expect(page.text.contains("The database does not answer."))
            #expect(try await face.ask(.get, "/open", headers: headers).text == "open")
            #expect(try await face.ask(.get, "/healthz", headers: headers).status == .ok)
        }
        // A forged one is a forged one.
        let forged = try await face.ask(.get, "/api/name", headers: [.authorization: "Bearer x.y.z"])
        #expect(forged.status == .unauthorized)
    }

    @Test("a handler's error that means a database is away is 503; others stay a bare 500")
    func explained() async throws {
        struct Away: Error {}
        struct Broken: Error {}
        let face = try await Face(explain: { $0 is Away ? .away("The database does not answer.") : nil })
        face.web.router.get("away") { _, _ -> String in throw Away() }
        face.web.router.get("broken") { _, _ -> String in throw Broken() }
        let away = try await face.ask(.get, "/away")
        #expect(away.status == .serviceUnavailable && away.headers[.retryAfter] == "5")
        #expect(try await face.ask(.get, "/broken").status == .internalServerError)
    }

    @Test("pages are kept by no cache on the way")
    func caching() async throws {
        let face = try await Face()
        face.web.router.group("").add(middleware: RequireLogin(login: .path("/login"))).get("page") { _, _ in "page" }
        let page = try await face.ask(.get, "/page", headers: face.browser(.viewer, csrf: false))
        #expect(page.headers[.cacheControl] == "private, no-cache")
        #expect(page.headers[values: .vary].contains("Cookie"))
        #expect(try await face.ask(.get, "/page").headers[.cacheControl] == "no-store")
    }
}
