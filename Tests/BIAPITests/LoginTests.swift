import Foundation
import HTTPTypes
import Hummingbird
import Testing
import Web

@testable import BIAPI

@Suite("Logging in", .enabled(if: Servers.areThere)) struct LoginTests {
    @Test("the right password opens a session, log-out ends it also for who kept the token") func session() async throws
    {
        try await ServiceFixture.run { fixture in
            let page = try await fixture.visitor.ask(.get, "/dashboards/shop?range=all")
            #expect([302, 303, 307].contains(page.status))
            #expect(page.headers[.location] == "/login?next=/dashboards/shop%3Frange%3Dall")
            #expect(try await fixture.visitor.get("/api/v1/dashboards").status == 401)

            let answer = try await fixture.visitor.post(
                "/api/v1/login", ["name": "Viewer", "password": ServiceFixture.password, "next": "/dashboards/shop"])
            #expect(answer.status == 200)
            #expect(answer.json["next"] as? String == "/dashboards/shop")
            #expect(!answer.text.contains("scrypt"))
            let cookie = try #require(answer.headers[values: .setCookie].first { $0.hasPrefix("millrace_session=") })
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))

            let browser = try await fixture.browser("viewer")
            #expect(try await browser.get("/api/v1/session").json["may_query"] as? Bool == false)
            #expect(try await browser.post("/api/v1/logout").status == 204)
            #expect(try await browser.get("/api/v1/dashboards").status == 401)
        }
    }

    @Test("wrong name and wrong password get one answer, and guessing is slowed") func guessing() async throws {
        try await ServiceFixture.run { fixture in
            let wrong = try await fixture.visitor.post(
                "/api/v1/login", ["name": "admin", "password": "wrong-password"])
            let unknown = try await fixture.visitor.post(
                "/api/v1/login", ["name": "nobody", "password": "wrong-password"])
            #expect(wrong.status == 401 && unknown.status == 401)
            #expect(wrong.text == unknown.text)
            for _ in 0..<4 {
                _ = try await fixture.visitor.post("/api/v1/login", ["name": "admin", "password": "wrong-password"])
            }
            let throttled = try await fixture.visitor.post(
                "/api/v1/login", ["name": "admin", "password": ServiceFixture.password])
            #expect(throttled.status == 429)
            #expect(throttled.headers[.retryAfter] != nil)
        }
    }

    @Test("another password or role ends the sessions of before") func change() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            try await fixture.owner.execute("UPDATE bi.users SET role = 'viewer' WHERE name = 'editor'")
            #expect(try await browser.get("/api/v1/dashboards").status == 401)
            try await fixture.owner.execute("UPDATE bi.users SET is_disabled = true WHERE name = 'second'")
            let answer = try await fixture.visitor.post(
                "/api/v1/login", ["name": "second", "password": ServiceFixture.password])
            #expect(answer.status == 401)
        }
    }

    @Test(
        "the way back leads to this host or nowhere",
        arguments: [
            "//evil.example", "https://evil.example/", "\\\\evil", "https:evil.example", "javascript:alert(1)",
            "/\\evil",
        ])
    func next(target: String) async throws {
        try await ServiceFixture.run { fixture in
            let answer = try await fixture.visitor.post(
                "/api/v1/login", ["name": "viewer", "password": ServiceFixture.password, "next": target])
            #expect(answer.json["next"] as? String == "/")
        }
    }

    @Test("forged sessions are nobody's; changes need the page's token") func forgery() async throws {
        try await ServiceFixture.run { fixture in
            let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwibmFtZSI6ImFkbWluIiwicm9sZSI6ImFkbWluIn0."
            #expect(
                try await fixture.visitor.ask(.get, "/api/v1/dashboards", headers: [.authorization: "Bearer \(none)"])
                    .status == 401)
            var browser = try await fixture.browser("editor")
            browser.sendsCSRF = false
            #expect(try await browser.query("select 1").status == 403)
            #expect(try await browser.post("/api/v1/logout").status == 403)
            let crossSite = try await fixture.visitor.ask(
                .post, "/api/v1/login", ["name": "viewer", "password": ServiceFixture.password],
                headers: [HTTPField.Name("Sec-Fetch-Site")!: "cross-site"])
            #expect(crossSite.status == 403)
        }
    }

    @Test("create-user's way of saving") func saving() async throws {
        try await ServiceFixture.run { fixture in
            let state = fixture.service.state
            let created = try await state.saveUser("Ada", .viewer, passwordHash: "x", update: false)
            #expect(created == .created)
            #expect(try await state.saveUser("ada", .admin, passwordHash: "y", update: false) == .exists)
            #expect(try await state.saveUser("ada", .admin, passwordHash: "y", update: true) == .updated)
            #expect(try await state.user(named: "ADA")?.role == .admin)
        }
    }
}
