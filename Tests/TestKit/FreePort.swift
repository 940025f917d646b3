import Foundation

/// A TCP port of loopback for a server that is about to start: nobody else is given it, and no connection takes it, before the
/// server listens (scripts/free-port).
public func freePort() throws -> Int {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let process = Process()
    let output = Pipe()
    process.executableURL = root.appending(path: "scripts/free-port")
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw NoPort(answer: text) }
    return port
}

/// What scripts/free-port said in place of a port.
struct NoPort: Error { let answer: String }
