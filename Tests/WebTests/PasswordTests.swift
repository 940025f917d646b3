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

    @Test func waitsDoubleAndFade() {
        let throttle = LoginThrottle()
        for _ in 0..<4 { throttle.failed(user: "ada", address: "a", now: start) }
        #expect(throttle.wait(user: "ada", address: "a", now: start) == nil)
        throttle.failed(user: "Ada", address: "a", now: start)
        #expect(throttle.wait(user: "ada", address: "a", now: start) == .seconds(2))
        throttle.failed(user: "ada", address: "a", now: start)
        #expect(throttle.wait(user: "ada", address: "a", now: start) == .seconds(4))
        #expect(throttle.wait(user: "ada", address: "a", now: start + .seconds(4)) == nil)
        #expect(throttle.wait(user: "ada", address: "b", now: start) == nil)
        #expect(throttle.wait(user: "bob", address: "a", now: start) == nil)
        throttle.failed(user: "ada", address: "a", now: start + .seconds(4000))
        #expect(throttle.wait(user: "ada", address: "a", now: start + .seconds(4000)) == nil)
    }

    @Test func successForgets() {
        let throttle = LoginThrottle()
        for _ in 0..<9 { throttle.failed(user: "ada", address: "a", now: start) }
        throttle.succeeded(user: "ada", address: "a")
        #expect(throttle.wait(user: "ada", address: "a", now: start) == nil)
    }

    @Test func oneAddressOverManyUsersIsSlowedToo() {
        let throttle = LoginThrottle()
        for user in 0..<30 { throttle.failed(user: "\(user)", address: "a", now: start) }
        let problem = #expect(throws: Problem.self) { try throttle.check(user: "new", address: "a", now: start) }
        #expect(problem?.status == .tooManyRequests)
        #expect(problem?.headers[.retryAfter] == "2")
    }

    @Test func memoryIsBounded() {
        var limits = LoginThrottle.Limits()
        limits.entriesMax = 100
        let throttle = LoginThrottle(limits)
        for user in 0..<1_000 { throttle.failed(user: "\(user)", address: "\(user)", now: start + .milliseconds(user)) }
        #expect(throttle.count <= 101)
    }
}
