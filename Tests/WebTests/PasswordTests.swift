import Foundation
import Testing

@testable import Web

@Suite("Passwords are hashed slowly and guessed slowly") struct PasswordTests {
    static let cheap = PasswordHasher.Cost(logRounds: 4, blockSize: 8, parallelism: 1)

    @Test func theRightPasswordAndNoOther() async throws {
        let hasher = PasswordHasher(cost: Self.cheap)
        let stored = try await hasher.hash("correct horse battery")
        #expect(stored.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(try await hasher.verify("correct horse battery", against: stored))
        #expect(try await !hasher.verify("correct horse batterz", against: stored))
        #expect(try await !hasher.verify("", against: stored))
        #expect(try await !hasher.verify(String(repeating: "x", count: 10_000), against: stored))
        #expect(try await !hasher.verify("anything at all", against: hasher.decoy))
        #expect(try await hasher.hash("correct horse battery") != stored)
    }

    @Test func theStandardCostWorks() async throws {
        let hasher = PasswordHasher()
        #expect(try await hasher.verify("correct horse", against: try await hasher.hash("correct horse")))
    }

    @Test(
        "a stored hash that is none is an error",
        arguments: [
            "", "plain", "$scrypt$ln=4,r=8,p=1$$", "$argon2id$v=19$a$b",
            "$scrypt$ln=40,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA==",
            "$scrypt$ln=x,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA==",
        ])
    func unreadable(stored: String) async {
        await #expect(throws: PasswordError.unreadableHash) {
            try await PasswordHasher(cost: Self.cheap).verify("whatever it is", against: stored)
        }
    }

    @Test("a new password has a length", arguments: ["", "ninebytes", String(repeating: "x", count: 257)])
    func lengths(password: String) async {
        await #expect(throws: PasswordError.length(min: 10, max: 256)) {
            try await PasswordHasher(cost: Self.cheap).hash(password)
        }
    }

    @Test func aFloodIsTurnedAway() async throws {
        let hasher = PasswordHasher(
            cost: .init(logRounds: 12, blockSize: 8, parallelism: 1), concurrency: 1, waitingMax: 1)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(PasswordError) {
                        return try await !hasher.hash("a flood of log-ins").isEmpty
                    } catch {
                        return error != .busy
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.contains(true))
        #expect(outcomes.contains(false))
    }
}

@Suite("Failed log-ins make the next wait") struct LoginThrottleTests {
    let start = ContinuousClock.now

    /// Whether a try is let through; it fails when it is.
    private func fails(
        _ throttle: LoginThrottle, _ user: String, _ address: String, after seconds: Int = 0
    ) -> Bool {
        let now = start + .seconds(seconds)
        guard let attempt = try? throttle.begin(user: user, address: address, now: now) else { return false }
        throttle.end(attempt, .failed, now: now)
        return true
    }

    private func succeeds(_ throttle: LoginThrottle, _ user: String, _ address: String, after seconds: Int = 0) -> Bool
    {
        let now = start + .seconds(seconds)
        guard let attempt = try? throttle.begin(user: user, address: address, now: now) else { return false }
        throttle.end(attempt, .succeeded, now: now)
        return true
    }

    @Test func waitsDoubleAndFade() {
        let throttle = LoginThrottle()
        for user in ["ada", "Ada", "ADA", "ada", "ada"] { #expect(fails(throttle, user, "a")) }
        #expect(!fails(throttle, "ada", "a", after: 1))
        #expect(fails(throttle, "ada", "a", after: 2))
        #expect(!fails(throttle, "ada", "a", after: 5))
        #expect(fails(throttle, "ada", "a", after: 6))
        #expect(fails(throttle, "ada", "b", after: 6))
        #expect(fails(throttle, "bob", "a", after: 6))
        for _ in 0..<5 { #expect(fails(throttle, "ada", "a", after: 5000)) }
        #expect(!fails(throttle, "ada", "a", after: 5000))
    }

    @Test("tries side by side are counted before any is looked at")
    func sideBySide() throws {
        let throttle = LoginThrottle()
        let attempts = (0..<40).compactMap { _ in try? throttle.begin(user: "ada", address: "a", now: start) }
        #expect(attempts.count == 5)
        // Many names of one address: no more at once than it may.
        let others = (0..<40).compactMap { try? throttle.begin(user: "\($0)", address: "b", now: start) }
        #expect(others.count == 5)
        for attempt in attempts + others { throttle.end(attempt, .undecided, now: start) }
        #expect(throttle.count == 0)
    }

    @Test func successForgets() {
        let throttle = LoginThrottle()
        for _ in 0..<4 { #expect(fails(throttle, "ada", "a")) }
        #expect(succeeds(throttle, "ada", "a"))
        for _ in 0..<5 { #expect(fails(throttle, "ada", "a")) }
        #expect(!succeeds(throttle, "ada", "a"))
    }

    @Test("an address that guesses many names waits, but for those who logged in from there before")
    func oneAddress() throws {
        let throttle = LoginThrottle()
        #expect(succeeds(throttle, "ada", "a"))
        for user in 0..<30 { #expect(fails(throttle, "\(user)", "a")) }
        let problem = #expect(throws: Problem.self) { try throttle.begin(user: "new", address: "a", now: start) }
        #expect(problem?.status == .tooManyRequests)
        #expect(problem?.headers[.retryAfter] == "2")
        #expect(succeeds(throttle, "ada", "a"))
        #expect(succeeds(throttle, "new", "b"))
    }

    @Test("a user whom many addresses guess is slowed, not locked, and not at all where they are known")
    func manyAddresses() {
        let throttle = LoginThrottle()
        #expect(succeeds(throttle, "ada", "home"))
        let evaluated = (0..<40).flatMap { address in (0..<5).map { _ in fails(throttle, "ada", "\(address)") } }
        #expect(evaluated.filter { $0 }.count == 20)
        #expect(succeeds(throttle, "ada", "home"))
        // From then on one in half a minute at most, from wherever.
        var count = 0
        for second in 100..<400 where fails(throttle, "ada", "far-\(second)", after: second) { count += 1 }
        #expect((8...20).contains(count))
        #expect(succeeds(throttle, "ada", "new place", after: 500))
        #expect(fails(throttle, "bob", "0"))
    }

    @Test func memoryIsBounded() {
        var limits = LoginThrottle.Limits()
        limits.entriesMax = 100
        let throttle = LoginThrottle(limits)
        for _ in 0..<5 { #expect(fails(throttle, "ada", "a")) }
        for user in 0..<1_000 {
            _ = fails(throttle, "\(user)", "\(user)")
            _ = succeeds(throttle, "+\(user)", "+\(user)")
        }
        #expect(throttle.count <= 4 * 100)
        #expect(!fails(throttle, "ada", "a"))  // made-up names do not wash away who must wait
    }
}
