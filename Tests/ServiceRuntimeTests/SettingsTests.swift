import Foundation
import Testing

@testable import ServiceRuntime

@Suite("Settings come from flags, environment, file, default, in that order") struct SettingsTests {
    static let rows = Setting<Int>.integer("sink.batch_rows_max", default: 5_000, in: 1...100_000, "Rows in one batch.")
    static let wait = Setting<Duration>.duration(
        "sink.wait", default: .milliseconds(500), in: .zero ... .seconds(60), "Wait.")
    static let password = Setting<String>.secret("sink.password", bytesMin: 4, "The password.").optional
    static let names = Setting<[String]>.list("sink.names", default: [], "Names.")
    static let token = Setting<String>.secret("sink.token", "A token.")
    static let service = ServiceDescription(
        name: "test", summary: "A test.", groups: [SettingGroup("Sink", [rows, wait, password, names])])

    static func load(
        flags: [String: String?] = [:], environment: [String: String] = [:], file: String? = nil,
        groups: [SettingGroup]? = nil
    ) async throws -> Settings {
        var environment = environment
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: path) }
        if let file {
            try file.write(to: path, atomically: true, encoding: .utf8)
            environment["MILLRACE_CONFIG"] = path.path
        }
        return try await Settings.load(service, groups: groups, overrides: flags, environment: environment)
    }

    @Test(
        "each source wins over the next",
        arguments: [
            (flag: "1", environment: "2", file: "sink: {batch_rows_max: 3}", value: 1),
            (flag: nil, environment: "2", file: "sink: {batch_rows_max: 3}", value: 2),
            (flag: nil, environment: nil, file: "sink: {batch_rows_max: 3}", value: 3),
            (flag: nil, environment: "", file: "sink: {batch_rows_max: 3}", value: 3),
            (flag: nil, environment: nil, file: "http: {port: 1}", value: 5_000),
            (flag: nil, environment: "10_000", file: nil, value: 10_000),
        ] as [(flag: String?, environment: String?, file: String?, value: Int)])
    func precedence(flag: String?, environment: String?, file: String?, value: Int) async throws {
        let settings = try await Self.load(
            flags: ["sink.batch_rows_max": flag],
            environment: environment.map { ["SINK_BATCH_ROWS_MAX": $0] } ?? [:], file: file)
        #expect(try settings.value(of: Self.rows) == value)
    }

    @Test(
        "a wrong value is named with its source and what is allowed",
        arguments: [
            (
                ["SINK_BATCH_ROWS_MAX": "0"],
                "SINK_BATCH_ROWS_MAX = \"0\" (from the environment variable SINK_BATCH_ROWS_MAX) is outside the allowed range."
                    + " Allowed: 1 to 100000."
            ),
            (
                ["SINK_BATCH_ROWS_MAX": "many"],
                "SINK_BATCH_ROWS_MAX = \"many\" (from the environment variable SINK_BATCH_ROWS_MAX) is not an integer."
                    + " Allowed: 1 to 100000."
            ),
            (
                ["SINK_WAIT": "5"],
                "SINK_WAIT = \"5\" (from the environment variable SINK_WAIT) is not a duration such as 500ms, 30s, 5m, 12h or"
                    + " 7d. Allowed: 0s to 1m."
            ),
            (
                ["SINK_PASSWORD": "abc"],
                "SINK_PASSWORD (from the environment variable SINK_PASSWORD) is 3 bytes long. Allowed: 4 bytes or more."
            ),
            (
                ["LOG_LEVEL": "l\u{1B}oud"],
                "LOG_LEVEL = \"l\\u001boud\" (from the environment variable LOG_LEVEL) is none of these."
                    + " Allowed: trace, debug, info, notice, warning, error, critical."
            ),
        ])
    func refused(environment: [String: String], message: String) async throws {
        let error = await #expect(throws: SettingsError.self) { try await Self.load(environment: environment) }
        #expect(error?.description == message)
    }

    @Test func everyMistakeIsReportedAtOnce() async throws {
        let error = await #expect(throws: SettingsError.self) {
            try await Self.load(
                environment: ["SINK_WAIT": "x"], file: "sink: {batch_rows_max: -1}",
                groups: Self.service.groups + [SettingGroup("More", [Self.token])])
        }
        #expect(error?.problems.map(\.setting) == ["SINK_BATCH_ROWS_MAX", "SINK_WAIT", "SINK_TOKEN"])
    }

    @Test func aSecretComesFromAFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try "hunter2-hunter2\n".write(to: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: path) }
        let settings = try await Self.load(environment: ["SINK_PASSWORD_FILE": path.path])
        #expect(try settings.value(of: Self.password) == "hunter2-hunter2")
        #expect(settings.source(of: Self.password) == .file(path.path))
        #expect(Secrets.masked("password hunter2-hunter2!") == "password ***!")
    }

    @Test func aMissingFileIsNamed() async throws {
        let error = await #expect(throws: SettingsError.self) {
            try await Self.load(environment: ["SINK_PASSWORD_FILE": "/nowhere/at/all"])
        }
        #expect(error?.description.hasPrefix("SINK_PASSWORD_FILE names /nowhere/at/all, which cannot be read:") == true)
        let config = await #expect(throws: SettingsError.self) {
            try await Self.load(environment: ["MILLRACE_CONFIG": "/nowhere.yaml"])
        }
        #expect(config?.description.hasPrefix("MILLRACE_CONFIG names /nowhere.yaml") == true)
    }

    @Test func listsAreListsInTheFile() async throws {
        let settings = try await Self.load(file: "sink: {names: [a, b, c]}")
        #expect(try settings.value(of: Self.names) == ["a", "b", "c"])
        let pairs = try await Settings.load(
            ServiceDescription(name: "k", summary: "", groups: [KafkaEndpoint.group]), overrides: [:],
            environment: ["KAFKA_PROPERTIES": "security.protocol=ssl; ssl.ca.location=/ca=1.pem;"])
        #expect(
            try KafkaEndpoint(pairs).properties == ["security.protocol": "ssl", "ssl.ca.location": "/ca=1.pem"])
    }

    @Test func anOptionalSettingIsNilWhenAbsent() async throws {
        let settings = try await Self.load()
        #expect(try settings.value(of: Self.password) == nil)
    }

    @Test func readingWhatWasNotLoadedIsAnError() async throws {
        let settings = try await Self.load(groups: [])
        #expect(throws: SettingsError.self) { try settings.value(of: Self.rows) }
    }

    @Test func theDefaultPortIsTheServices() async throws {
        let service = ServiceDescription(name: "raw-sink", summary: "", groups: [HTTPEndpoint.group(port: 8082)])
        let settings = try await Settings.load(service, overrides: [:], environment: [:])
        #expect(try HTTPEndpoint(settings) == HTTPEndpoint(host: "127.0.0.1", port: 8082))
    }
}

@Suite("A misspelt setting is told") struct SettingNamesTests {
    @Test(
        "in the file as a mistake, with its place and the nearest name",
        arguments: [
            (
                "sink: {batch_row_max: 3}",
                ":1:8: `sink.batch_row_max` is no setting. Did you mean `sink: {batch_rows_max: …}`?"
            ),
            ("sink:\n  wait: 1s\nsnik:\n  wait: 1s", ":3:1: `snik` is no setting."),
            ("sink: {names: {a: b}}", ":1:8: `sink.names` takes one value, or a list, not `key: value` lines."),
            ("SINK_WAIT: 1s", ":1:1: `SINK_WAIT` is no setting. Did you mean `sink: {wait: …}`?"),
            ("sink_wait: 1s", ":1:1: `sink_wait` is no setting. Did you mean `sink: {wait: …}`?"),
            ("Sink: {wait: 1s}", ":1:1: `Sink` is no setting."),
            ("sink: 5", ":1:1: `sink` is no setting."),
            (
                "kafka: {bootstrap_server: x}",
                ":1:9: `kafka.bootstrap_server` is no setting. Did you mean `kafka: {bootstrap_servers: …}`?"
            ),
        ])
    func file(text: String, message: String) async throws {
        let error = await #expect(throws: SettingsError.self) { try await SettingsTests.load(file: text) }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains(".yaml\(message)") == true, "\(String(describing: error))")
    }

    @Test(
        "and not where it is another service's, or nothing",
        arguments: [
            "transformer: {workers: 3}", "session: {secret_file: /x}", "sink:\n", "{}",
            "sink: {password_file: /dev/null}",
        ])
    func foreignKeys(text: String) async throws {
        _ = try await SettingsTests.load(file: text, groups: [])
    }

    @Test(
        "in the environment as a warning that names it",
        arguments: [
            ("SINK_BATCH_ROW_MAX", "5", " Did you mean SINK_BATCH_ROWS_MAX?"),
            ("KAFKA_BOOTSTRAP_SERVER", "x:1", " Did you mean KAFKA_BOOTSTRAP_SERVERS?"),
            ("POSTGRES_PASWORD", "x", " Did you mean POSTGRES_PASSWORD?"),
            ("POSTGRES_PASSWORD_FIEL", "x", " Did you mean POSTGRES_PASSWORD_FILE?"),
            ("SINK_COLOUR", "x", ""),
        ])
    func environment(name: String, value: String, hint: String) async throws {
        let settings = try await SettingsTests.load(environment: [name: value])
        #expect(settings.warnings == ["\(name) in the environment is no setting, and nothing reads it.\(hint)"])
    }

    @Test(
        "and not when it is somebody else's",
        arguments: [
            ("POSTGRES_PASSWORD", "x"), ("TRANSFORMER_WORKERS", "3"), ("PGPASSWORD", "x"), ("KAFKA_LOG_DIRS", "/data"),
            ("KAFKA_LISTENERS", "x"), ("POSTGRES_INITDB_ARGS", "x"), ("RAW_SINK_PORT_8082_TCP", "tcp://10.0.0.1:8082"),
            ("SCHEDULER_PORT", "tcp://10.0.0.1:8080"), ("SCHEDULER_SERVICE_HOST", "10.0.0.1"),
            ("HTTP_PROXY", "http://p"),
            ("SCHEDULER_SERVICE_PORT_HTTP", "8080"), ("TRANSFORMER_PORT_8000_TCP_ADDR", "10.0.0.1"),
            ("RAW_SINK_PORT_8082_UDP_PROTO", "udp"), ("PATH", "/bin"),
        ])
    func foreign(name: String, value: String) async throws {
        #expect(try await SettingsTests.load(environment: [name: value]).warnings == [])
    }

    @Test("and a value that the platform put under a name of ours is explained")
    func serviceLink() async throws {
        let service = ServiceDescription(name: "k", summary: "", groups: [PostgresEndpoint.group])
        let error = await #expect(throws: SettingsError.self) {
            try await Settings.load(service, overrides: [:], environment: ["POSTGRES_PORT": "tcp://10.96.0.7:5432"])
        }
        #expect(error?.description.contains("It is what Kubernetes (or Docker) tells each container") == true)
        #expect(error?.description.contains("enableServiceLinks: false") == true)
    }
}

@Suite("Brokers are hosts and ports") struct BrokerTextTests {
    private static func load(_ text: String) async throws -> String {
        let service = ServiceDescription(name: "k", summary: "", groups: [KafkaEndpoint.group])
        let settings = try await Settings.load(service, overrides: [:], environment: ["KAFKA_BOOTSTRAP_SERVERS": text])
        return try KafkaEndpoint(settings).bootstrapServers
    }

    @Test(
        "one or several",
        arguments: [
            ("localhost:9092", "localhost:9092"), ("kafka", "kafka"), ("a-1.b_c:1, b:65535", "a-1.b_c:1,b:65535"),
            ("[::1]:9092", "[::1]:9092"), ("SASL_SSL://b:9093", "SASL_SSL://b:9093"),
            ("127.0.0.1:9092", "127.0.0.1:9092"),
        ])
    func good(text: String, brokers: String) async throws { #expect(try await Self.load(text) == brokers) }

    @Test(
        "and anything else is refused at once",
        arguments: [
            ("http://localhost:9092", "no list of brokers: http:// is not how Kafka is spoken to"),
            ("kafka://b:9092", "no list of brokers: kafka:// is not"), ("a:9092,", "one of them is empty"),
            ("a:", "is no port"), ("a:0", "is no port"), ("a:9092/x", "is no port"), ("a:65536", "is no port"),
            (":9092", "has no host"), ("a b:9092", "names no host"), ("a;b", "names no host"),
            ("a:9092;b:9092", "is no port"),
        ])
    func bad(text: String, reason: String) async throws {
        let error = await #expect(throws: SettingsError.self) { try await Self.load(text) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains("Allowed: host:port, several separated by commas") == true)
    }
}

@Suite("Flags that are settings leave the command line") struct SettingFlagsTests {
    static let groups = [
        SettingGroup(
            "G",
            [
                SettingsTests.rows, SettingsTests.password, Setting<Bool>.flag("sink.fast", "Fast."),
            ])
    ]

    @Test(
        "in either spelling",
        arguments: [
            (["run", "--sink-batch-rows-max", "7", "x"], ["sink.batch_rows_max": "7"], ["run", "x"]),
            (["run", "--sink-batch-rows-max=7"], ["sink.batch_rows_max": "7"], ["run"]),
            (["--sink-fast", "run"], ["sink.fast": "true"], ["run"]),
            (["--sink-fast=no", "run"], ["sink.fast": "no"], ["run"]),
            (["run", "--sink-password-file", "/p"], ["sink.password_file": "/p"], ["run"]),
            (["run", "--sink-password", "p"], [:], ["run", "--sink-password", "p"]),
            (["run", "--", "--sink-fast"], [:], ["run", "--", "--sink-fast"]),
        ] as [([String], [String: String], [String])])
    func split(arguments: [String], values: [String: String], rest: [String]) throws {
        let split = try SettingFlags.split(arguments, groups: Self.groups)
        #expect(split.values == values)
        #expect(split.rest == rest)
    }

    @Test func aFlagWithoutItsValueIsAnError() {
        #expect(throws: SettingsError.self) {
            try SettingFlags.split(["--sink-batch-rows-max"], groups: Self.groups)
        }
    }
}

@Suite("Declarations become documents") struct SettingsDocumentTests {
    @Test func helpNamesEverySetting() {
        let help = SettingsDocument.help(for: SettingsTests.service)
        #expect(
            help.contains(
                "  SINK_BATCH_ROWS_MAX, --sink-batch-rows-max\n      Rows in one batch. (integer; 1 to 100000; default 5000)"
            ))
        #expect(help.contains("  SINK_PASSWORD, --sink-password-file, SINK_PASSWORD_FILE"))
        #expect(help.contains("LOG_LEVEL"))
    }

    @Test func thePageHasOneRowASettingAndTheDefaultsThatDiffer() {
        let page = SettingsDocument.markdown(for: [
            ServiceDescription(name: "a", summary: "", groups: [HTTPEndpoint.group(port: 1)]),
            ServiceDescription(name: "b", summary: "", groups: [HTTPEndpoint.group(port: 2)]),
        ])
        #expect(page.contains("Read by: `a`, `b`."))
        #expect(page.contains("| `HTTP_PORT` | integer: 0 to 65535 | `1` (a), `2` (b) |"))
        #expect(
            page.contains("| `LOG_LEVEL` | choice: trace, debug, info, notice, warning, error, critical | `info` |"))
        #expect(page.components(separatedBy: "| `HTTP_HOST` |").count == 2)
    }

    @Test(
        "durations are written as they are read",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("90s", .seconds(90)), ("5m", .seconds(300)),
            ("12h", .seconds(43_200)),
            ("7d", .seconds(604_800)), ("0s", .zero),
        ])
    func durations(text: String, duration: Duration) {
        #expect(DurationText.read(text) == duration)
        #expect(DurationText.write(duration) == text)
    }

    @Test("bytes are written as they are read", arguments: [("1", 1), ("64KiB", 65_536), ("4MiB", 4 << 20), ("0", 0)])
    func bytes(text: String, bytes: Int) {
        #expect(ByteText.read(text) == bytes)
        #expect(ByteText.write(bytes) == text)
    }
}
