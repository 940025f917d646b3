// OpenFiles: how many files and sockets the process may have. Many systems start processes with a soft limit of 1,024,
// for the sake of programs that use `select`; none of ours does, and a server of as many connections would have no socket
// left for its database.
import Foundation

enum OpenFiles {
    /// The most that is asked for.
    private static let wanted: rlim_t = 65_536

    /// Raises the soft limit as far as the hard one allows. A process that may not goes on with what it has.
    static func raiseLimit() {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < min(wanted, limit.rlim_max) else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(resource, &limit)
    }
}
