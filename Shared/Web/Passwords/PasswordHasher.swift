// PasswordHasher: passwords as salted scrypt hashes.
// Always: hashing runs on threads of its own, a few at a time and with few waiting, so that a flood of log-ins costs a
// bounded amount of memory and never the service.
import Cryptography
import Dispatch
import Foundation
import Synchronization

/// Why a password could not be hashed or checked.
public enum PasswordError: Error, Equatable, CustomStringConvertible {
    /// Too many log-ins wait already. Answer 503 and let the client come back.
    case busy
    /// The stored hash is not one of ours.
    case unreadableHash
    case length(min: Int, max: Int)
    case failed(String)

    public var description: String {
        switch self {
        case .busy: "Too many log-ins at once. Try again in a moment."
        case .unreadableHash: "The stored password hash cannot be read. Set the user's password again."
        case .length(let min, let max): "A password must have \(min) to \(max) bytes."
        case .failed(let reason): "The password could not be hashed: \(reason)"
        }
    }
}

/// Hashes and checks passwords.
public final class PasswordHasher: Sendable {
    /// What a hash costs. The default takes 32 MiB and about a tenth of a second.
    public struct Cost: Sendable, Equatable {
        public var logRounds: Int
        public var blockSize: Int
        public var parallelism: Int

        public static let standard = Cost(logRounds: 15, blockSize: 8, parallelism: 3)

        public init(logRounds: Int, blockSize: Int, parallelism: Int) {
            self.logRounds = logRounds
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// Guards against a stored hash that asks for the machine's whole memory.
        var isReasonable: Bool {
            (1...20).contains(logRounds) && (1...32).contains(blockSize) && (1...16).contains(parallelism)
        }
    }

    private let cost: Cost
    private let waitingMax: Int
    private let lanes: [DispatchQueue]
    private let waiting = Mutex((count: 0, next: 0))
    private static let saltBytes = 16, hashBytes = 32
    /// Places in the queue for those who logged in from their address before.
    private static let reserve = 8
    /// The bytes that a password may have.
    public static let lengths = 10...256

    /// - Parameters:
    ///   - concurrency: How many hash at once; each takes the cost's memory and a core. By default half of the cores.
    ///   - waitingMax: How many may wait or run; more throw ``PasswordError/busy``.
    public init(cost: Cost = .standard, concurrency: Int? = nil, waitingMax: Int = 32) {
        self.cost = cost
        self.waitingMax = waitingMax
        let concurrency = concurrency ?? min(4, ProcessInfo.processInfo.activeProcessorCount / 2)
        lanes = (0..<max(1, concurrency)).map { DispatchQueue(label: "password-\($0)") }
    }

    /// The hash to store: `$scrypt$ln=15,r=8,p=3$salt$hash`, as other tools write it too.
    public func hash(_ password: String) async throws(PasswordError) -> String {
        guard Self.lengths.contains(password.utf8.count) else {
            throw .length(min: Self.lengths.lowerBound, max: Self.lengths.upperBound)
        }
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let key = try await derive(password, salt, cost, bytes: Self.hashBytes, waitingMax: waitingMax)
        return StoredPassword(cost: cost, salt: salt, hash: key).text
    }

    /// True when `password` is the one that `stored` was made from. A user that does not exist should be checked
    /// against ``decoy``, so that the answer takes as long.
    /// - Parameter isAcquainted: Somebody who logged in from there before finds a place when strangers do not any more.
    public func verify(
        _ password: String, against stored: String, isAcquainted: Bool = false
    ) async throws(PasswordError) -> Bool {
        guard password.utf8.count <= Self.lengths.upperBound else { return false }
        guard let stored = StoredPassword(stored), stored.cost.isReasonable else { throw .unreadableHash }
        let key = try await derive(
            password, stored.salt, stored.cost, bytes: stored.hash.count,
            waitingMax: isAcquainted ? waitingMax + Self.reserve : waitingMax)
        return zip(key, stored.hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A hash that no password has.
    public var decoy: String {
        StoredPassword(
            cost: cost, salt: Array(repeating: 7, count: Self.saltBytes),
            hash: Array(repeating: 0, count: Self.hashBytes)
        ).text
    }

    private func derive(
        _ password: String, _ salt: [UInt8], _ cost: Cost, bytes: Int, waitingMax: Int
    ) async throws(PasswordError) -> [UInt8] {
        let lane: DispatchQueue? = waiting.withLock { waiting in
            guard waiting.count < waitingMax else { return nil }
            waiting.count += 1
            waiting.next = (waiting.next + 1) % lanes.count
            return lanes[waiting.next]
        }
        guard let lane else { throw .busy }
        defer { waiting.withLock { $0.count -= 1 } }
        let result: Result<[UInt8], PasswordError> = await withCheckedContinuation { continuation in
            lane.async {
                do {
                    let key = try Scrypt.key(
                        from: Array(password.utf8), salt: salt, rounds: 1 << cost.logRounds,
                        blockSize: cost.blockSize, parallelism: cost.parallelism, byteCount: bytes)
                    continuation.resume(returning: .success(key))
                } catch {
                    continuation.resume(returning: .failure(.failed("\(error)")))
                }
            }
        }
        return try result.get()
    }
}

/// A hash with what is needed to make it again.
struct StoredPassword {
    let cost: PasswordHasher.Cost
    let salt: [UInt8]
    let hash: [UInt8]

    init(cost: PasswordHasher.Cost, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
    }

    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        var numbers: [Substring: Int] = [:]
        for pair in parts[2].split(separator: ",") {
            let sides = pair.split(separator: "=")
            guard sides.count == 2, let number = Int(sides[1]) else { return nil }
            numbers[sides[0]] = number
        }
        guard let rounds = numbers["ln"], let block = numbers["r"], let parallelism = numbers["p"],
            let salt = Data(base64Encoded: String(parts[3])), let hash = Data(base64Encoded: String(parts[4])),
            !salt.isEmpty, (16...64).contains(hash.count)
        else { return nil }
        cost = .init(logRounds: rounds, blockSize: block, parallelism: parallelism)
        self.salt = Array(salt)
        self.hash = Array(hash)
    }

    var text: String {
        "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(Data(salt).base64EncodedString())$\(Data(hash).base64EncodedString())"
    }
}
