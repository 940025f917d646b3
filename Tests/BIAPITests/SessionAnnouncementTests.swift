import ControlPlane
import Foundation
import Hummingbird
import Kafka
import Logging
import Postgres
import ServiceRuntime
import TestKit
import Testing
import Web

@testable import BIAPI

@Suite("The end of a session reaches the other services", .enabled(if: Servers.areThere), .timeLimit(.minutes(10)))
struct SessionAnnouncementTests {
    /// A service that keeps no users, as the scheduler is one.
    private static func withOther(
        _ fixture: ServiceFixture, _ body: (SessionTokens) async throws -> Void
    ) async throws {
        let ended = EndedSessions()
        let follower = SessionsFollower(
            KafkaTestServer.settings(), pause: .milliseconds(50), logger: fixture.logger,
            take: { ended.end(user: $0.user, session: $0.session, before: $0.before) },
            known: { ended.isKnown(upTo: $0) })
        let other = SessionTokens(try fixture.sessionSettings()) { ended.verdict(on: $0, issuedAt: $1) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follower.run() }
            try await body(other)
            group.cancelAll()
        }
    }

    private func ends(_ token: String, _ other: SessionTokens) async throws {
        while true {
            do throws(SessionError) {
                _ = try await other.verify(token)
            } catch {
                if error == .revoked { return }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func stands(_ token: String, _ other: SessionTokens) async throws {
        while true {
            do throws(SessionError) {
                _ = try await other.verify(token)
                return
            } catch {
                guard case .unchecked = error else { throw error }  // has not read the topic yet
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("after a log-out, a change by whatever way, a deletion; and again when Kafka lost it")
    func everyWay() async throws {
        try await ServiceFixture.run { fixture in
            let announcer = fixture.service.announcer
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await announcer.run() }
                try await Self.withOther(fixture) { other in
                    let kept = try await fixture.token("editor")
                    let first = try await fixture.browser("viewer")
                    let second = try await fixture.token("viewer")
                    try await stands(second, other)
                    #expect(try await first.post("/api/v1/logout").status == 204)
                    try await ends(try #require(first.cookies["millrace_session"]), other)
                    try await stands(second, other)

                    let state = fixture.service.state
                    let same = try #require(try await state.user(named: "viewer"))
                    #expect(
                        try await state.saveUser("viewer", .editor, passwordHash: same.passwordHash, update: true)
                            == .updated)
                    try await ends(second, other)
                    let third = try await fixture.token("viewer")
                    try await stands(third, other)
                    let hash = try await PasswordHasher(cost: .init(logRounds: 4, blockSize: 8, parallelism: 1))
                        .hash("another password")
                    try await fixture.owner.execute(
                        "UPDATE bi.users SET password_hash = \(hash) WHERE name = 'viewer'")
                    try await ends(third, other)
                    let gone = try await fixture.token("second")
                    try await stands(gone, other)
                    try await fixture.owner.execute("DELETE FROM bi.users WHERE name = 'second'")
                    try await ends(gone, other)
                    try await stands(kept, other)
                    // One that starts now hears all of it.
                    try await Self.withOther(fixture) { late in
                        try await ends(gone, late)
                        try await ends(third, late)
                        try await stands(kept, late)
                    }
                }
                group.cancelAll()
            }
            let untold = try await fixture.owner.query(
                "SELECT count(*) AS n FROM bi.session_changes WHERE NOT is_told")
            #expect(try untold.first?.get("n", as: Int64.self) == 0)
        }
    }

    @Test("a password that changes while somebody logs in with the old one leaves them no session")
    func race() async throws {
        try await ServiceFixture.run { fixture in
            let old = try #require(try await fixture.service.state.user(named: "editor"))
            try await fixture.owner.execute("UPDATE bi.users SET role = 'viewer' WHERE name = 'editor'")
            let new = try #require(try await fixture.service.state.user(named: "editor"))
            #expect(old.readAt < new.sessionsValidFrom && new.readAt >= new.sessionsValidFrom)
            let sessions = LoginSessions(users: fixture.service.state, logger: fixture.logger)
            func principal(_ session: String) -> Principal {
                Principal(subject: new.id, name: new.name, role: new.role, session: session)
            }
            #expect(await sessions.verdict(on: principal("a"), issuedAt: old.readAt) == .ended)
            #expect(await sessions.verdict(on: principal("b"), issuedAt: new.readAt) == .stands)
        }
    }

    @Test("a log-out is not forgotten over an answer that was on its way")
    func logOutDuringCheck() async throws {
        let users = SlowUsers()
        let sessions = LoginSessions(users: users, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let principal = Principal(subject: "1", name: "ada", role: .viewer, session: "s")
        async let early = sessions.verdict(on: principal, issuedAt: Date())
        await users.isAsked()
        try await sessions.end(principal, lifetime: .seconds(60))
        await users.answer()
        #expect(await early == .ended)
        #expect(await sessions.verdict(on: principal, issuedAt: Date()) == .ended)
    }

    @Test("a database that is away is said to be away, and nobody is logged out by it")
    func databaseAway() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("viewer")
            #expect(try await browser.get("/api/v1/session").status == 200)
            let away = try await fixture.browser("editor")
            try await fixture.setConnections(allowed: false)
            // This session was not looked at yet; nor can a new one begin.
            let answer = try await away.get("/api/v1/session")
            #expect(answer.status == 503 && answer.headers[.retryAfter] == "5", "\(answer.text)")
            let logIn = try await fixture.visitor.post(
                "/api/v1/login", ["name": "viewer", "password": ServiceFixture.password])
            #expect(logIn.status == 503 && logIn.headers[.retryAfter] == "5", "\(logIn.text)")
            #expect(try await away.post("/api/v1/logout").status == 503)
            let page = try await away.ask(.get, "/", headers: [.accept: "text/html"])
            #expect(page.status == 503 && page.text.contains("tries again by itself"))
            #expect(try await fixture.visitor.get("/healthz").status == 200)
            try await fixture.setConnections(allowed: true)
            #expect(try await away.get("/api/v1/session").status == 200)
            // What nobody looked at does not count as a wrong password.
            #expect(try await fixture.browser("viewer").get("/api/v1/session").status == 200)
        }
    }

    @Test("the pages of scheduler and transformer are given as an address, or as a port of the visitor's host")
    func addressesOfPages() async throws {
        for (setting, answer) in [
            (":8080", ":8080/"), (":9000/runs", ":9000/runs"), ("https://s.example", "https://s.example"),
        ] {
            try await ServiceFixture.run(["SCHEDULER_URL": setting, "TRANSFORMER_URL": setting]) { fixture in
                let session = try await fixture.browser("viewer").get("/api/v1/session")
                #expect(session.json["scheduler_url"] as? String == answer)
                #expect(session.json["transformer_url"] as? String == answer)
            }
        }
    }

    @Test("of forty guesses side by side five are looked at")
    func sideBySide() async throws {
        try await ServiceFixture.run { fixture in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await fixture.visitor.post(
                            "/api/v1/login", ["name": "admin", "password": "wrong-password"]
                        )
                        .status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 401 }.count == 5)
            #expect(statuses.filter { $0 == 429 }.count == 35)
        }
    }
}

extension ServiceFixture {
    fileprivate func token(_ name: String) async throws -> String {
        try #require(try await browser(name).cookies["millrace_session"])
    }

    fileprivate func sessionSettings() throws -> SessionSettings {
        try SessionSettings(
            secret: "kT9vQ2mZr7XpL4sWn8Bd1Fh6Jc3Gy5Ua", lifetime: .seconds(3600), login: .path("/login"))
    }

    /// Takes the state database away, or gives it back.
    fileprivate func setConnections(allowed: Bool) async throws {
        try await withPool(connectionsMax: 1) { admin in
            try await admin.execute(
                allowed
                    ? "ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS true"
                    : "ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS false")
            if !allowed {
                _ = try await admin.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(database)")
            }
        }
    }
}

/// Users whose answer can be held back.
private actor SlowUsers: UserDirectory {
    private var asked: CheckedContinuation<Void, Never>?
    private var held: CheckedContinuation<Void, Never>?

    func isAsked() async {
        if held != nil { return }
        await withCheckedContinuation { asked = $0 }
    }

    func answer() { held?.resume() }

    func user(named name: String) -> User? { nil }

    func user(id: String) async -> User? {
        await withCheckedContinuation { continuation in
            held = continuation
            asked?.resume()
        }
        return User(
            id: id, name: "ada", role: .viewer, passwordHash: "", isDisabled: false, sessionsValidFrom: .distantPast)
    }

    func isEnded(session: String) -> Bool { false }
    func end(session: String, of user: String, until: Date) {}
}
