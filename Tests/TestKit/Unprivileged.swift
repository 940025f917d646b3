// Unprivileged: programs run as an ordinary user in tests, also where the tests themselves are run by root. Root opens any
// file, binds any port and sets any socket option: what it hides, everybody else meets.
import Foundation

/// How a program is run without root's rights.
public enum Unprivileged {
    /// `nobody`: a user that owns nothing.
    public static let user: UInt32 = 65_534

    /// Whether rights have to be dropped.
    public static var isRoot: Bool { geteuid() == 0 }

    /// The command line that runs `executable` without rights; by a user who is not root it is run as it is.
    public static func command(_ executable: String, _ arguments: [String]) -> (executable: String, arguments: [String])
    {
        guard isRoot else { return (executable, arguments) }
        var rights = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
        // A checkout in root's own home stays root's: it is then root in name, without any of the rights.
        if isReachable(executable) { rights += ["--reuid=\(user)", "--regid=\(user)", "--clear-groups"] }
        return ("/usr/bin/setpriv", rights + [executable] + arguments)
    }

    /// Gives a file or folder to the user that programs run as.
    public static func give(_ path: String) throws {
        guard isRoot else { return }
        guard chown(path, user, user) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM) }
    }

    /// Whether everybody may come to `path`.
    private static func isReachable(_ path: String) -> Bool {
        var folder = URL(filePath: path).deletingLastPathComponent()
        while folder.path != "/" {
            var status = stat()
            guard stat(folder.path, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
            folder = folder.deletingLastPathComponent()
        }
        return true
    }
}
