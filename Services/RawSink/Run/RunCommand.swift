import ArgumentParser
import CMemory
import DataContract
import Foundation
import Kafka
import Pipeline
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Spelling
import Warehouse
import Web

/// `raw-sink run`: the service.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Land the events of every contract's topic, each exactly once.",
        discussion: """
            Rows and the offsets they came from change in one transaction; reading starts from the warehouse's offsets. A
            message that breaks its contract goes to raw._dead_letters with the reason, and to <topic>.dead-letters. While
            the warehouse is away, consumption pauses. Tables are made what their contracts say first, as far as that locks
            nobody out. Contracts that change are taken up while it runs; /readyz names those that cannot be. SIGTERM lands
            what is in hand and leaves the group.

              raw-sink init && raw-sink run
              raw-sink run --check                            is everything there? ends with 1 if not
              SINK_INSTANCE=b HTTP_PORT=8083 raw-sink run      a second sink on the same host
            """)

    @Flag(help: "Look at settings, contracts, tables, topics and rights; say what is wrong; land nothing.") var check =
        false

    func run() async throws {
        // The Kafka client's threads fill what others empty: with a heap for each thread, as glibc has it, every heap keeps
        // the most that it ever held. One for all takes a third less memory, and rows land no slower.
        millrace_one_heap()
        let settings = try await Settings.load(rawSinkService)
        let logger = try Observability.bootstrap(settings)
        let (folder, read) = try PipelineContracts.read(settings)
        let endpoint = try KafkaEndpoint(settings)
        let book = ContractBook()
        let warehouse = try SinkWarehouse.open(
            settings, connectionsMax: max(read.contracts.count, 8) + 3,  // topics may come
            lockTimeout: .seconds(10), logger: logger)
        let sink = try SinkSettings(settings, topics: read.contracts.count, landingIn: warehouse.rawCapabilities)
        let health = SinkHealth()
        let checks = HealthChecks()
        health.register(with: checks, limits: sink.lag) { book.warning }
        let kafka = KafkaSettings(endpoint, clientID: "raw-sink-\(ProcessInfo.processInfo.hostName)")
        if check {
            do {
                try await StartCheck(warehouse: warehouse, read: read, kafka: kafka, logger: logger).run()
            } catch {
                await warehouse.close()
                throw error
            }
            return await warehouse.close()
        }
        let maintenance = MaintenanceService(
            warehouse: warehouse, contracts: { book.inForce }, every: sink.maintenanceEvery, logger: logger)
        let service = SinkService(
            SinkParts(
                kafka: kafka, warehouse: warehouse, read: read, folder: folder, book: book, settings: sink,
                health: health, logger: logger))
        let server = HealthServer.make(endpoint: try HTTPEndpoint(settings), health: checks, logger: logger)
        // Reading settings and contracts took code that landing rows does not: a quarter of the memory in use.
        millrace_give_back_code()
        do {
            try await Lifecycle.run([server, maintenance, service], settings: settings, health: checks, logger: logger)
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }
}

/// What every command needs to know first.
enum PipelineContracts {
    /// The contracts that can be read, and what is wrong with the others.
    /// - Throws: `PipelineError` without a folder, or when no contract of it can be read; `ExitError` when it has none.
    static func read(_ settings: Settings) throws -> (folder: PipelineFolder, read: ReadContracts) {
        let folder = try PipelineFolder(at: PipelineLocation(settings).path)
        let read = folder.readContracts()
        guard read.contracts.isEmpty else { return (folder, read) }
        if let problem = read.problems.first { throw problem }
        throw ExitError(.configuration, "\(folder.path)/contracts has no contract: there is nothing to land.")
    }

    /// For commands about some topics: those whose contracts cannot be read are told, and the others are worked on.
    /// - Parameter topic: The one that is meant; all when left out.
    /// - Throws: also `ExitError` when no contract that can be read describes `topic`.
    static func load(_ settings: Settings, of topic: String? = nil) throws -> [Contract] {
        let read = try read(settings).read
        for problem in read.problems { Output.note("contract set aside: \(problem)") }
        let contracts = read.contracts.filter { topic ?? $0.topic.name == $0.topic.name }
        guard !contracts.isEmpty else {
            let others = KnownNames.hint(for: topic ?? "", in: read.contracts.map(\.topic.name))
            throw ExitError(.configuration, "no contract describes topic \(topic ?? "").\(others)")
        }
        return contracts
    }

    /// The end of a command that did what it could for the others.
    /// - Throws: `ExitError` when a contract could not be read.
    static func refuse(_ problems: [PipelineError]) throws {
        guard !problems.isEmpty else { return }
        throw ExitError(
            .failed,
            (["\(problems.count) contracts cannot be read:"] + problems.map(\.description)).joined(separator: "\n"))
    }
}

extension PostgresSettings {
    /// The same, in the words of this library. A batch takes the time that it takes, whatever limit the role has for
    /// statements; what waits for locks is limited here.
    init(_ endpoint: PostgresEndpoint, lockTimeout: Duration? = nil) {
        self.init(
            host: endpoint.host, port: endpoint.port, user: endpoint.user, password: endpoint.password,
            database: endpoint.database, tls: PostgresTLSMode(rawValue: endpoint.sslMode.rawValue) ?? .verifyFull,
            applicationName: "raw-sink")
        requiresWritable = true
        parameters["statement_timeout"] = "0"
        self.lockTimeout = lockTimeout
    }
}

extension KafkaSettings {
    init(_ endpoint: KafkaEndpoint, clientID: String) {
        self.init(bootstrapServers: endpoint.bootstrapServers, clientID: clientID, properties: endpoint.properties)
    }
}
