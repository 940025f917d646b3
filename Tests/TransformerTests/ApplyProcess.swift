import Foundation

/// `transformer apply`, or another command, as a process of its own that can be killed.
struct ApplyProcess {
    let process = Process()
    let output = Pipe()

    init(_ test: TestDatabase, folder: URL, _ arguments: [String] = ["apply", "--allow-removal"]) throws {
        process.executableURL = ServeProcess.executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "POSTGRES_DB": test.name, "MILLRACE_PIPELINE": folder.path(), "LOG_LEVEL": "error",
        ]) { _, new in new }
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Its exit code and what it said.
    func end() -> (code: Int32, text: String) {
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
