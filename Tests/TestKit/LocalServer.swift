import Foundation
import Synchronization

/// Why a helper of the tests could not be used.
public struct HelperMissing: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// A process that a test talks to, ended with the test.
public final class LocalServer: Sendable {
    public let port: Int
    private let process: Mutex<Process>
    private let output: Mutex<[String]>

    /// Starts `arguments` and waits for the line `port N` on its output.
    public init(_ executable: String, _ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = Pipe()  // the process ends when the test process does
        let (chunks, source) = AsyncStream<Data>.makeStream()
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { source.finish() } else { source.yield(data) }
        }
        try process.run()
        var text = ""
        var port: Int?
        for await chunk in chunks {
            text += String(decoding: chunk, as: UTF8.self)
            port = text.firstMatch(of: /port (\d+)\n/).flatMap { Int($0.output.1) }
            if port != nil { break }
        }
        guard let port else {
            throw HelperMissing(description: "\(executable) \(arguments.first ?? "") did not start: \(text)")
        }
        self.port = port
        output = Mutex([])
        self.process = Mutex(process)
    }

    deinit { process.withLock { $0.terminate() } }
}
