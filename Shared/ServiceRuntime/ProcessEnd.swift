import Foundation

/// The end of the process.
enum ProcessEnd {
    /// What was printed goes out, and nothing else runs.
    ///
    /// `exit` would have the libraries tidy up while threads of theirs are still ending. OpenSSL 3.0 then goes through a list
    /// of which such a thread has just freed a part, and a command whose work is committed ends by SIGSEGV (seen once in
    /// some thousand runs). What has to be closed is closed before; the system takes the rest back.
    static func now(_ code: Int32) -> Never {
        fflush(nil)
        _exit(code)
    }
}
