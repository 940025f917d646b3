import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import ServiceRuntime

/// A part that runs until it is told to stop, and says so.
private struct Part: Service {
    let name: String
    let lines: Lines

    func run() async throws {
        lines.add("\(name) started")
        try await gracefulShutdown()
        lines.add("\(name) stopped")
    }
}

private struct Job: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws { try await body() }
}

private struct Failure: Error, Equatable {}

@Suite("Parts run together and stop in reverse") struct LifecycleTests {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func theEndOfTheJobStopsTheRestFromTheTop() async throws {
        let lines = Lines()
        let health = HealthChecks()
        try await Lifecycle.run(
            [Part(name: "low", lines: lines), Part(name: "high", lines: lines)],
            job: Job { while lines.all.count < 2 { await Task.yield() } }, grace: .seconds(60), health: health,
            logger: logger)
        #expect(Set(lines.all.prefix(2)) == ["low started", "high started"])
        #expect(Array(lines.all.dropFirst(2)) == ["high stopped", "low stopped"])
        #expect(await health.readiness().isReady == false)
    }

    @Test func aFailureStopsTheRestAndIsThrown() async throws {
        let lines = Lines()
        await #expect(throws: Failure.self) {
            try await Lifecycle.run(
                [Part(name: "low", lines: lines), Job { throw Failure() }], grace: .seconds(60), logger: logger)
        }
        #expect(lines.all.last == "low stopped")
    }

    @Test func aPartThatEndsByItselfIsAFailure() async throws {
        await #expect(throws: ExitError(.failed, "Job ended although nothing told it to")) {
            try await Lifecycle.run(
                [Part(name: "low", lines: Lines()), Job {}], grace: .seconds(60), logger: logger)
        }
    }

    @Test func whatDoesNotStopIsCancelled() async throws {
        let stubborn = Job { try await Task.sleep(for: .seconds(3600)) }
        let error = await #expect(throws: ExitError.self) {
            try await Lifecycle.run([stubborn], job: Job {}, grace: .milliseconds(50), logger: logger)
        }
        #expect(error?.code == .failed)
        #expect(error?.description.contains("did not stop within") == true)
    }
}

@Suite("Commands end with a line and a code") struct ServiceMainTests {
    struct Root: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test", subcommands: [Good.self, Bad.self, Broken.self, Misconfigured.self])
    }
    struct Good: AsyncParsableCommand {
        func run() async throws {
            let settings = try await Settings.load(SettingsTests.service, environment: [:])
            #expect(try settings.value(of: SettingsTests.rows) == 7)
        }
    }
    struct Bad: AsyncParsableCommand {
        func run() async throws { throw ExitError(.failed, "no luck\nwith\u{1B} that") }
    }
    struct Broken: AsyncParsableCommand {
        func run() async throws { throw Failure() }
    }
    struct Misconfigured: AsyncParsableCommand {
        func run() async throws {
            _ = try await Settings.load(SettingsTests.service, environment: ["SINK_WAIT": "x", "LOG_LEVEL": "y"])
        }
    }

    @Test(
        "by the kind of error",
        arguments: [
            (["good", "--sink-batch-rows-max", "7"], 0, ""),
            (["bad"], 1, "test: no luck\ntest: with\\u001b that"),
            (["broken"], 1, "test: Failure()"),
            (["misconfigured"], 78, "test: SINK_WAIT"),
            (["good", "--sink-batch-rows-max"], 78, "test: --sink-batch-rows-max needs a value"),
            (["good", "--unknown"], 2, "Error: Unknown option"),
            (["nonsense"], 2, "Error: Unexpected argument"),
        ] as [([String], Int32, String)])
    func codes(arguments: [String], code: Int32, errors: String) async {
        let outcome = await ServiceMain.outcome(of: Root.self, SettingsTests.service, arguments: arguments)
        #expect(outcome.code == code)
        #expect(outcome.errors.hasPrefix(errors))
        #expect(outcome.output.isEmpty)
    }

    @Test func helpIsASuccess() async {
        let outcome = await ServiceMain.outcome(of: Root.self, SettingsTests.service, arguments: ["--help"])
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("USAGE: test"))
        #expect(outcome.errors.isEmpty)
    }
}

@Suite("Readiness is the sum of the checks") struct HealthTests {
    @Test func everyCheckMustPass() async {
        let health = HealthChecks()
        #expect(await health.readiness().json == #"{"status":"ready","checks":{}}"#)
        health.add("kafka") { .ok }
        health.add("postgres") { .failing("connection refused") }
        let report = await health.readiness()
        #expect(!report.isReady)
        #expect(report.json == #"{"status":"unready","checks":{"kafka":"ok","postgres":"connection refused"}}"#)
        health.add("postgres") { .ok }
        #expect(await health.readiness().isReady)
        health.markStopping()
        #expect(await !health.readiness().isReady)
    }

    @Test func aWarningIsShownAndKeepsNobodyOut() async {
        let health = HealthChecks()
        health.add("kafka") { .ok }
        health.add("control") { .warning("1 message was set aside") }
        let report = await health.readiness()
        #expect(report.isReady)
        #expect(
            report.json
                == #"{"status":"ready","checks":{"kafka":"ok","control":"warning"},"warnings":{"control":"1 message was set aside"}}"#
        )
        health.add("kafka") { .failing("no broker") }
        #expect(await !health.readiness().isReady)
    }
}
