// swift-tools-version:6.2
// Millrace: five services, the modules they share, and their tests. docs/architecture.md is the map of this file.
import Foundation
import PackageDescription

/// Modules under `Shared/`. An enum, so that a service can name a shared module and cannot name another service.
enum Shared: String {
    case blockingIO = "BlockingIO"
    case civilTime = "CivilTime"
    case spelling = "Spelling"
    case kafka = "Kafka"
    case postgres = "Postgres"
    case curl = "Curl"
    case cryptography = "Cryptography"
    case serviceRuntime = "ServiceRuntime"
    case sql = "SQL"
    case dataContract = "DataContract"
    case pipeline = "Pipeline"
    case controlPlane = "ControlPlane"
    case charts = "Charts"
    case warehouse = "Warehouse"
    case web = "Web"

    var dependency: Target.Dependency { .byName(name: rawValue) }
}

/// Products of other packages; docs/dependencies.md says why each is here.
extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let configuration: Self = .product(name: "Configuration", package: "swift-configuration")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTesting: Self = .product(name: "HummingbirdTesting", package: "hummingbird")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let metrics: Self = .product(name: "Metrics", package: "swift-metrics")
    static let orderedCollections: Self = .product(name: "OrderedCollections", package: "swift-collections")
    static let deques: Self = .product(name: "DequeModule", package: "swift-collections")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams: Self = .product(name: "Yams", package: "Yams")
}

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
]

/// A library under `Shared/`, and the target that tests it.
func shared(
    _ module: Shared, uses modules: [Shared] = [], _ others: [Target.Dependency] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: module.rawValue, dependencies: modules.map(\.dependency) + others, path: "Shared/\(module.rawValue)",
        exclude: readme("Shared/\(module.rawValue)"), resources: resources, swiftSettings: strict)
}

/// A part of a service that decides and does no I/O: what it may import is the proof.
func pure(_ name: String, in service: String, uses modules: [Shared] = [], _ others: [Target.Dependency] = []) -> Target
{
    .target(
        name: name, dependencies: modules.map(\.dependency) + others, path: "Services/\(service)/\(name)",
        swiftSettings: strict)
}

/// The library of a service and the short executable that starts it.
func service(
    _ module: String, uses modules: [Shared], pure: [String] = [], _ others: [Target.Dependency] = [],
    resources: [Resource]? = nil
) -> [Target] {
    [
        .target(
            name: module,
            dependencies: modules.map(\.dependency) + pure.map { .byName(name: $0) } + others,
            path: "Services/\(module)", exclude: ["Main"] + pure + readme("Services/\(module)"),
            resources: resources, swiftSettings: strict),
        .executableTarget(
            name: "\(module)Main", dependencies: [.byName(name: module), Shared.serviceRuntime.dependency],
            path: "Services/\(module)/Main",
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(lean, .when(platforms: [.linux], configuration: .release))]),
    ]
}

/// A fifth less memory, and a quicker start: a compact table of relocations (glibc 2.36), and no list of all symbols for
/// libraries that would be loaded later, of which there are none.
let lean = ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--no-export-dynamic"]

/// Tests of a module: `Tests/<Module>Tests`.
func tests(
    _ module: String, uses others: [String] = [], _ products: [Target.Dependency] = [], resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: "\(module)Tests", dependencies: ([module] + others).map { .byName(name: $0) } + products,
        path: "Tests/\(module)Tests", resources: resources, swiftSettings: strict)
}

func readme(_ folder: String) -> [String] { ["README.md"] }

let package = Package(
    name: "millrace",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "producer", targets: ["ProducerMain"]),
        .executable(name: "raw-sink", targets: ["RawSinkMain"]),
        .executable(name: "transformer", targets: ["TransformerMain"]),
        .executable(name: "scheduler", targets: ["SchedulerMain"]),
        .executable(name: "bi-api", targets: ["BIAPIMain"]),
        .library(name: "SQL", targets: ["SQL"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibrdkafka", path: "Shared/CLibrdkafka", pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(
            name: "CLibpq", path: "Shared/CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CLibcurl", path: "Shared/CLibcurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CLibcrypto", path: "Shared/CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibz", path: "Shared/CLibz", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMemory", path: "Shared/CMemory"),
        .systemLibrary(name: "CLibzstd", path: "Shared/CLibzstd", providers: [.apt(["libzstd-dev"])]),

        // pure: days of the calendar, and when cron is due
        shared(.civilTime),
        // pure: the name that was perhaps meant
        shared(.spelling),

        // C calls that block, each on a thread of its own
        shared(.blockingIO),
        shared(.kafka, uses: [.blockingIO], ["CLibrdkafka", .logging, .metrics]),
        shared(.postgres, uses: [.blockingIO, .civilTime], ["CLibpq", .logging, .metrics, .deques]),
        shared(.curl, uses: [.blockingIO], ["CLibcurl", .logging]),

        shared(.cryptography, ["CLibcrypto"]),

        // what every service is started, configured and watched by
        shared(
            .serviceRuntime, uses: [.civilTime, .spelling],
            [.configuration, .lifecycle, .logging, .metrics, .unixSignals, .argumentParser, .yams]),

        // pure: text and values, no I/O
        shared(.sql, [.orderedCollections]),
        shared(.dataContract, uses: [.civilTime, .spelling], [.orderedCollections, .yams]),

        shared(.pipeline, uses: [.civilTime, .spelling, .dataContract], [.yams, .orderedCollections]),
        shared(.charts, uses: [.sql, .pipeline]),
        shared(.controlPlane, uses: [.civilTime, .kafka], [.lifecycle, .logging]),
        shared(
            .warehouse, uses: [.civilTime, .postgres, .curl, .cryptography, .sql, .dataContract], [.logging, .metrics]),
        shared(
            .web, uses: [.cryptography, .serviceRuntime], ["CLibz", .hummingbird, .logging],
            resources: [.copy("Public")]),
    ]
        + service(
            "Producer",
            uses: [
                .civilTime, .spelling, .cryptography, .serviceRuntime, .kafka, .dataContract, .pipeline, .controlPlane,
                .web,
            ],
            [
                "CLibz", "CLibzstd", "BlockingIO", .argumentParser, .hummingbird, .lifecycle, .logging,
                .metrics, .unixSignals, .yams,
            ],
            resources: [.copy("Public")])
        + service(
            "RawSink",
            uses: [
                .spelling, .serviceRuntime, .kafka, .postgres, .dataContract, .pipeline, .controlPlane, .warehouse,
                .web,
            ],
            ["CMemory", .argumentParser, .lifecycle, .logging, .metrics])
        + [
            pure(
                "ModelProject", in: "Transformer", uses: [.civilTime, .spelling, .sql, .pipeline],
                [.orderedCollections, .yams]),
            pure(
                "Planning", in: "Transformer", uses: [.civilTime, .sql, .pipeline, .spelling],
                ["ModelProject", .orderedCollections]),
        ]
        + service(
            "Transformer",
            uses: [
                .serviceRuntime, .kafka, .postgres, .sql, .dataContract, .pipeline, .controlPlane, .warehouse, .web,
                .curl, .charts,
            ],
            pure: ["ModelProject", "Planning"],
            [.argumentParser, .hummingbird, .lifecycle, .logging, .metrics, .orderedCollections, .yams],
            resources: [.copy("Public")])
        + [pure("Timetable", in: "Scheduler", uses: [.civilTime])]
        + service(
            "Scheduler",
            uses: [
                .civilTime, .spelling, .cryptography, .serviceRuntime, .kafka, .postgres, .curl, .controlPlane,
                .pipeline,
                .web,
            ],
            pure: ["Timetable"],
            [.argumentParser, .hummingbird, .lifecycle, .logging, .metrics, .orderedCollections, .yams],
            resources: [.copy("Public")])
        + service(
            "BIAPI",
            uses: [
                .serviceRuntime, .kafka, .postgres, .sql, .pipeline, .controlPlane, .warehouse, .web, .charts,
            ],
            [.argumentParser, .hummingbird, .lifecycle, .logging, .metrics, .orderedCollections, .yams],
            resources: [.copy("Public")])
        + [
            // what tests of pure modules share
            .target(name: "TestValues", path: "Tests/TestValues", swiftSettings: strict),
            .target(
                name: "TestKit", dependencies: ["Kafka", "Postgres", .logging], path: "Tests/TestKit",
                swiftSettings: strict),
            tests("BlockingIO"),
            tests("CivilTime", uses: ["TestValues"]),
            tests("Cryptography"),
            tests("Spelling"),
            tests("Kafka", uses: ["TestKit"], [.logging]),
            tests("Postgres", uses: ["TestKit", "TestValues"], [.logging]),
            tests("Curl", uses: ["TestKit"], [.logging]),
            tests("ServiceRuntime", [.logging, .metrics]),
            .systemLibrary(
                name: "CLibpgQuery", path: "Tests/CLibpgQuery", providers: [.apt(["libpg-query-dev"])]),
            tests(
                "SQL", uses: ["CLibpgQuery", "TestValues", "DataContract", "ModelProject", "Pipeline"],
                resources: [.copy("Fixtures")]),
            .testTarget(
                name: "AgreementTests", dependencies: ["SQL", "Curl", "Postgres", "TestKit", .logging],
                path: "Tests/AgreementTests", exclude: ["Queries"], swiftSettings: strict),
            tests("DataContract", uses: ["TestValues"], resources: [.copy("Fixtures")]),
            tests("Pipeline", resources: [.copy("Fixtures")]),
            tests("ControlPlane", uses: ["TestKit"], [.logging]),
            tests("Warehouse", uses: ["TestKit", "DataContract", "Curl", "Cryptography"], [.logging]),
            .testTarget(
                name: "WarehouseConformance",
                dependencies: ["Warehouse", "DataContract", "TestKit", "Postgres", "Curl", .logging],
                path: "Tests/WarehouseConformance", swiftSettings: strict),
            tests("Web", uses: ["CLibz", "Cryptography"], [.hummingbirdTesting, .hummingbird, .logging]),
            tests(
                "Producer", uses: ["TestKit", "TestValues", "DataContract", "Kafka", "Pipeline", "ServiceRuntime"],
                ["CLibzstd", .logging, .lifecycle, .hummingbird]),
            tests(
                "RawSink", uses: ["TestKit", "TestValues", "Warehouse", "DataContract", "Pipeline", "Curl"], [.logging]),
            tests("ModelProject", uses: ["Pipeline", "SQL"]),
            tests("Planning", uses: ["CivilTime", "TestValues", "ModelProject", "Pipeline", "SQL"]),
            tests(
                "Transformer",
                uses: [
                    "TestKit", "TestValues", "ModelProject", "Planning", "Pipeline", "Warehouse", "ControlPlane",
                    "Kafka",
                    "Postgres", "ServiceRuntime", "Web",
                ], [.logging, .hummingbird, .hummingbirdTesting, .yams],
                resources: [.copy("Fixtures")]),
            tests("Timetable", uses: ["TestValues"]),
            tests(
                "Scheduler", uses: ["TestKit", "Timetable", "ControlPlane", "Curl", "Cryptography", "Pipeline"],
                [.logging, .hummingbirdTesting]),
            tests("Charts", uses: ["SQL", "Pipeline"]),
            tests(
                "BIAPI",
                uses: ["TestKit", "Charts", "ControlPlane", "Kafka", "Postgres", "ServiceRuntime", "Warehouse", "Web"],
                [.logging, .hummingbird, .hummingbirdTesting]),
            .testTarget(
                name: "ArchitectureTests",
                dependencies: ["Producer", "RawSink", "Transformer", "Scheduler", "BIAPI", "ServiceRuntime"],
                path: "Tests/ArchitectureTests", swiftSettings: strict),
        ]
)

// The containers' build has no folder Tests, so that an edit of a test does not begin it anew: it gets along without the tests
// and what they share.
if !FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Tests") {
    package.targets.removeAll { $0.path?.hasPrefix("Tests/") == true }
}
