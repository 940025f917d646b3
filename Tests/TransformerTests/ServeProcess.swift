import Foundation
import Testing

/// `transformer serve` as a process of its own, to be killed.
final class ServeProcess {
    private let process = Process()
    let port: Int
    private let log: URL

    /// The executable that `swift build` made beside the tests.
    static var executable: URL {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = Bundle.allBundles.map(\.bundleURL).first {
            FileManager.default.fileExists(atPath: $0.deletingLastPathComponent().appending(path: "transformer").path())
        }?.deletingLastPathComponent()
        return (folder ?? root.appending(path: ".build/debug")).appending(path: "transformer")
    }

    /// - Parameter instance: Its name in the consumer group; `nil` as a user starts it.
    init(_ test: TestDatabase, port: Int, instance: String? = "1") throws {
        self.port = port
        log = FileManager.default.temporaryDirectory.appending(path: "\(test.name)-\(UUID().uuidString).log")
        try Data().write(to: log)
        process.executableURL = Self.executable
        process.arguments = ["serve"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "POSTGRES_DB": test.name, "HTTP_PORT": "\(port)", "TRANSFORMER_LEASE": "1s", "TRANSFORMER_WORKERS": "2",
            "TRANSFORMER_GROUP": test.name,
            "MILLRACE_PIPELINE": TestPipelines.webAnalyticsPath,
            "SESSION_SECRET": "a-secret-for-tests-only-that-is-long-enough-4711", "LOG_LEVEL": "info",
        ]) { _, new in new }
        if let instance { process.environment?["TRANSFORMER_INSTANCE"] = "\(test.name)-\(instance)" }
        let handle = try FileHandle(forWritingTo: log)
        process.standardError = handle
        process.standardOutput = handle
        try process.run()
    }

    /// kill -9, and waits until it is gone.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM; its exit code.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    var isRunning: Bool { process.isRunning }

    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// The body of a GET; nil when nobody answers.
    func get(_ path: String) async -> (status: Int, body: String)? {
        let curl = Process()
        let pipe = Pipe()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments = ["-s", "-m", "30", "-w", "\n%{http_code}", "http://127.0.0.1:\(port)\(path)"]
        curl.standardOutput = pipe
        guard (try? curl.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard let last = lines.last, let status = Int(last), status > 0 else { return nil }
        return (status, lines.dropLast().joined(separator: "\n"))
    }

    func waitUntilReady() async throws {
        while await get("/readyz")?.status != 200 {
            guard isRunning else { throw ServeFailure(output: output) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    struct ServeFailure: Error { let output: String }
}
