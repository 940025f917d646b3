import Foundation

/// A thread outside Swift's cooperative pool, for work that waits in C all its life.
public enum DedicatedThread {
    /// Starts a thread that runs `body` and ends with it.
    /// - Parameter label: Its name, as debuggers and `top -H` show it, cut to the 15 bytes that the system keeps.
    public static func start(label: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            nameForSystem(label)
            body()
        }
        thread.name = label
        thread.start()
    }

    /// Foundation's own name stays inside Foundation on Linux, and the C function for it is not to be had from Swift.
    private static func nameForSystem(_ label: String) {
        guard let file = fopen("/proc/thread-self/comm", "w") else { return }
        fputs(String(decoding: label.utf8.prefix(15), as: UTF8.self), file)
        fclose(file)
    }
}
