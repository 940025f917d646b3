// The BigQuery emulator of the tests, named by BIGQUERY_EMULATOR_HOST (scripts/test-services starts it).
import Foundation

/// The BigQuery emulator of this test run.
public enum BigQueryTestServer {
    /// `127.0.0.1:9050`; nil without one.
    public static var address: String? { variable("BIGQUERY_EMULATOR_HOST") }

    /// Whether there is one: `@Suite(.enabled(if: BigQueryTestServer.isAvailable))`.
    public static var isAvailable: Bool { address != nil }

    /// Google's own description of BigQuery's interface (a discovery document), as a file; nil without it.
    public static var discoveryDocument: String? { variable("BIGQUERY_DISCOVERY_DOCUMENT") }

    /// The project of all tests.
    public static let project = "millrace"

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
