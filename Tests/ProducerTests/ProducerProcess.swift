import Foundation
import TestKit

@testable import Producer

/// The executable `producer` as a process of its own, without root's rights: to be killed, and to meet what root never meets.
final class ProducerProcess {
    private let process = Process()
    private let log: URL

    /// Beside the tests; `nil` when it was not built.
    static var binary: String? {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let binary = folder.appending(path: "producer").path
        return FileManager.default.isExecutableFile(atPath: binary) ? binary : nil
    }

    init(_ arguments: [String], _ environment: [String: String]) throws {
        guard let binary = Self.binary else { throw Failure(output: "the executable producer was not built") }
        let command = Unprivileged.command(binary, arguments)
        log = FileManager.default.temporaryDirectory.appending(path: "producer-\(UUID().uuidString).log")
        try Data().write(to: log)
        process.executableURL = URL(filePath: command.executable)
        process.arguments = command.arguments
        process.environment = environment
        let handle = try FileHandle(forWritingTo: log)
        process.standardError = handle
        process.standardOutput = handle
        try process.run()
    }

    deinit {
        if process.isRunning { kill() }
        try? FileManager.default.removeItem(at: log)
    }

    struct Failure: Error { let output: String }

    /// Runs a command to its end: its exit code, and what it printed and logged.
    static func run(_ arguments: [String], _ environment: [String: String]) async throws -> (
        code: Int32, output: String
    ) {
        let process = try ProducerProcess(arguments, environment)
        return (await process.end(), process.output)
    }

    /// A collector that answers: started on a free port, which its log tells.
    static func collector(_ environment: [String: String]) async throws -> (process: ProducerProcess, port: Int) {
        let process = try ProducerProcess(["serve"], environment.merging(["HTTP_PORT": "0"]) { own, _ in own })
        while true {
            if let line = process.output.firstMatch(of: /"message":"collector answers".*?"port":"?(\d+)/),
                let port = Int(line.1)
            {
                return (process, port)
            }
            guard process.isRunning else { throw Failure(output: process.output) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    var isRunning: Bool { process.isRunning }
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// kill -9, and waits until it is gone.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for its end; its exit code.
    func end() async -> Int32 {
        await withCheckedContinuation { continuation in
            let process = process
            Thread.detachNewThread {
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }

    /// SIGTERM; its exit code.
    func stop() async -> Int32 {
        process.terminate()
        return await end()
    }
}
