import struct Foundation.Date

/// bi-api: sessions are over before their time: after a log-out one, after a change of role or password, or with its
/// user, all that began before.
public struct SessionsEnded: ControlMessage {
    public static let type = "sessions.ended"
    public static let topic = ControlTopic.sessions

    /// The user's id.
    public var user: String
    /// The one session that is over; `nil`: all of the user's.
    public var session: String?
    /// By the clock of bi-api's database. Sessions that began later are not meant.
    public var before: Date

    public var key: String { user }

    public init(user: String, session: String? = nil, before: Date) {
        self.user = user
        self.session = session
        self.before = before
    }
}
