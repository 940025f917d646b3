// WebThreads: the threads that carry HTTP. A service waits on its database and its broker, not on its sockets: two of
// each kind are plenty, whatever the machine has, and every face of a process shares them.
import NIOCore
import NIOPosix

enum WebThreads {
    /// Sockets. Lives as long as the process.
    static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    /// Reading files. Lives as long as the process.
    static let files: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        return pool
    }()
}
