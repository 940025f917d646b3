// GoogleLogin: the access token that goes with each request to Google.
// Always: one request for a token is under way at most; a token that still holds is used when no newer one can be had.
import Curl
import Foundation

/// How a client proves who it is.
public enum GoogleLoginSettings: Sendable, Equatable {
    /// As Google's own programs do it: the key file that GOOGLE_APPLICATION_CREDENTIALS names, what `gcloud auth
    /// application-default login` left, or the metadata server of the machine.
    case applicationDefault
    /// A key file, and nothing else.
    case keyFile(String)
    /// No login: for an emulator.
    case none
}

/// A token of Google's, and until when it holds.
struct AccessToken: Sendable, Equatable {
    let value: String
    let expiresAt: Date
}

/// Something that gives access tokens.
protocol TokenSource: Sendable {
    /// For people: `service account loader@shop.iam.gserviceaccount.com (key file /etc/key.json)`.
    var name: String { get }

    /// Asks for a new token.
    func fetch() async throws(LoginError) -> AccessToken
}

/// Why there is no access token.
struct LoginError: Error, Equatable, CustomStringConvertible {
    let description: String
    /// Whether the same may work later.
    var isRetriable = false
}

/// Tokens of a source that is looked for when the first one is needed, kept until shortly before they end.
actor GoogleLogin {
    /// A token is replaced when it holds no longer than this.
    static let earliness: TimeInterval = 300

    private let find: @Sendable () async throws(LoginError) -> any TokenSource
    private let now: @Sendable () -> Date
    private var source: (any TokenSource)?
    private var token: AccessToken?
    private var fetching: Task<Result<AccessToken, LoginError>, Never>?

    /// - Parameter find: Finds out who the client is; called until it has worked once.
    init(
        now: @escaping @Sendable () -> Date = { Date() },
        find: @escaping @Sendable () async throws(LoginError) -> any TokenSource
    ) {
        self.now = now
        self.find = find
    }

    /// A token that holds for some minutes; a newer one than `refused` when that is given, as the server did not take it.
    func token(insteadOf refused: String? = nil) async throws(LoginError) -> String {
        if let token, token.value == refused { self.token = nil }
        if let token, token.expiresAt.timeIntervalSince(now()) > Self.earliness { return token.value }
        switch await fetched() {
        case .success(let new): return new.value
        case .failure(let error):
            if let token, token.expiresAt > now() { return token.value }
            throw error
        }
    }

    /// The outcome of the request that is under way, or of a new one. It goes on when who waits for it is cancelled: others
    /// may wait, too.
    private func fetched() async -> Result<AccessToken, LoginError> {
        if let fetching { return await fetching.value }
        let task = Task { await self.fetch() }
        fetching = task
        return await task.value
    }

    private func fetch() async -> Result<AccessToken, LoginError> {
        defer { fetching = nil }
        do throws(LoginError) {
            let source: any TokenSource
            if let known = self.source { source = known } else { source = try await find() }
            self.source = source
            let new = try await source.fetch()
            token = new
            return .success(new)
        } catch {
            return .failure(error)
        }
    }
}
