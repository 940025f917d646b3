/// Ends a command with a code of its choice. Other errors end it with ``ExitCode/failed``.
public struct ExitError: Error, Equatable, CustomStringConvertible {
    public let code: ExitCode
    /// One line: what happened, to what, and what to do. Empty to say nothing.
    public let message: String

    public var description: String { message }

    public init(_ code: ExitCode = .failed, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// How commands of Millrace end.
public enum ExitCode: Int32, Sendable {
    /// It did what it was told.
    case ok = 0
    /// It could not.
    case failed = 1
    /// The command line is wrong.
    case usage = 2
    /// A setting is wrong (`EX_CONFIG`).
    case configuration = 78
}
