import Foundation
import Kafka
import Synchronization
import TestKit

/// A broker for this suite alone. The control plane's topics have fixed names: a transformer that another suite runs would
/// answer the commands of these tests too.
///
/// Without the development broker's program (`make deps` installs it) the tests share the broker of the test run.
enum OwnBroker {
    static func settings(clientID: String = "test") -> KafkaSettings {
        guard let address else { return KafkaTestServer.settings(clientID: clientID) }
        return KafkaSettings(bootstrapServers: address, clientID: clientID)
    }

    private static let address: String? = start()

    private static func start() -> String? {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let libraries = root.appending(path: ".millrace/venv/lib")
        guard let walk = FileManager.default.enumerator(atPath: libraries.path),
            let found = walk.lazy.compactMap({ $0 as? String }).first(where: {
                $0.contains("noida_db") && $0.hasSuffix("/noida-db")
            })
        else { return nil }
        guard let port = try? freePort() else { return nil }
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "scheduler-tests-\(ProcessInfo.processInfo.processIdentifier)")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // The shell waits for the end of its input, which is the end of this process however it comes.
        process.arguments = [
            "-c",
            #"mkdir -p "$2" && "$1" start --data-dir "$2/data" --only kafka --kafka-port "$3" </dev/null >"$2/log" 2>&1 & "#
                + #"cat >/dev/null; kill -9 $!; sleep 0.2; rm -rf "$2""#,
            "sh", libraries.appending(path: found).path, folder.path, String(port),
        ]
        process.standardInput = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        running.withLock { $0 = process }
        return "127.0.0.1:\(port)"
    }

    /// Keeps the pipe open.
    private static let running = Mutex<Process?>(nil)
}
