/// What a person may do; each role may do what those before it may.
public enum Role: String, Codable, Sendable, CaseIterable, Comparable {
    /// Reads dashboards and runs queries.
    case viewer
    /// Changes charts and dashboards.
    case editor
    /// Starts, pauses and backfills.
    case operator_ = "operator"
    /// Manages users.
    case admin

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .editor: 1
        case .operator_: 2
        case .admin: 3
        }
    }

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}

/// Who asks.
public struct Principal: Sendable, Equatable {
    /// How the session came with the request.
    public enum Means: Sendable, Equatable {
        /// The browser sent it by itself: changes need the CSRF token too.
        case cookie
        /// The client put it there on purpose.
        case bearer
    }

    /// The user's id; stays when the name changes.
    public let subject: String
    public let name: String
    public let role: Role
    /// The session's id: one log-in is one session.
    public let session: String
    public internal(set) var means: Means

    public init(subject: String, name: String, role: Role, session: String, means: Means = .bearer) {
        self.subject = subject
        self.name = name
        self.role = role
        self.session = session
        self.means = means
    }
}
