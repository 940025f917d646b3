import Foundation
import Kafka
import Postgres
import TestKit

/// raw-sink as a process of its own, to be killed.
enum SinkProcess {
    /// The executable beside this test's own; nil when it was not built.
    static var binary: URL? {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let binary = folder.appending(path: "raw-sink")
        return FileManager.default.isExecutableFile(atPath: binary.path) ? binary : nil
    }

    /// A pipeline folder with the contract of `SinkHarness`.
    /// - Parameter idType: The type of the property `id`.
    static func pipeline(topic: String, table: String = "t", idType: String = "integer") throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "millrace-\(topic)")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "contracts"), withIntermediateDirectories: true)
        try write(contract(topic: topic, table: table, idType: idType), to: "t.yaml", in: folder)
        return folder
    }

    static func write(_ yaml: String, to file: String, in folder: URL) throws {
        try Data(yaml.utf8).write(to: folder.appending(path: "contracts").appending(path: file), options: .atomic)
    }

    /// The contract of `SinkHarness`, as text.
    static func contract(topic: String, table: String = "t", idType: String = "integer", more: String = "") -> String {
        """
        apiVersion: v3.0.2
        kind: DataContract
        id: \(topic)
        version: 1.0.0
        schema:
          - name: \(topic)
            physicalName: raw.\(table)
            customProperties: [{property: eventTime, value: at}]
            properties:
              - {name: id, logicalType: \(idType), required: true}
              - {name: note, logicalType: string}
              - {name: at, logicalType: timestamp, required: true}
        \(more)
        """
    }

    /// Runs a command to its end: its exit code, and what it printed and logged.
    static func run(
        _ arguments: [String], _ binary: URL, _ pipeline: URL, _ harness: SinkHarness
    ) async throws -> (code: Int32, output: String) {
        try await run(arguments, binary, environment(pipeline, harness))
    }

    static func run(
        _ arguments: [String], _ binary: URL, _ environment: [String: String]
    ) async throws -> (code: Int32, output: String) {
        let pipe = Pipe()
        let process = try start(binary, environment, arguments) {
            $0.standardOutput = pipe
            $0.standardError = pipe
        }
        let output = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let data = pipe.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
        return (process.terminationStatus, output)
    }

    static func start(
        _ binary: URL, _ pipeline: URL, _ harness: SinkHarness, _ arguments: [String] = ["run"],
        _ change: (Process) -> Void = { _ in }
    ) throws -> Process {
        try start(binary, environment(pipeline, harness), arguments, change)
    }

    static func start(
        _ binary: URL, _ environment: [String: String], _ arguments: [String], _ change: (Process) -> Void = { _ in }
    ) throws -> Process {
        let process = Process()
        change(process)
        process.executableURL = binary
        process.arguments = arguments
        process.environment = environment
        try process.run()
        return process
    }

    private static func environment(_ pipeline: URL, _ harness: SinkHarness) -> [String: String] {
        [
            "MILLRACE_PIPELINE": pipeline.path, "KAFKA_BOOTSTRAP_SERVERS": harness.topic.settings.bootstrapServers,
            "POSTGRES_HOST": harness.database.host, "POSTGRES_PORT": "\(harness.database.port)",
            "POSTGRES_USER": harness.database.user, "POSTGRES_PASSWORD": harness.database.password ?? "",
            "POSTGRES_DB": harness.database.database, "HTTP_PORT": "0", "LOG_LEVEL": "error",
            "SINK_GROUP": "\(harness.topic.name)-sinks", "SINK_INSTANCE": "p", "SINK_BATCH_ROWS_MAX": "400",
            "SINK_BATCH_WAIT": "20ms", "SINK_SESSION_TIMEOUT": "6s",
        ]
    }
}
