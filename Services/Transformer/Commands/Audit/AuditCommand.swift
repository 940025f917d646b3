import ArgumentParser
import Pipeline
import Planning
import ServiceRuntime

/// `transformer audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Run the audits of an environment's models over what is there.")
    @OptionGroup var target: EnvironmentOption
    @Option(help: "One model alone.")
    var model: String?
    @Option(name: [.long, .customShort("s")], help: "The first day to look at.")
    var start: String?
    @Option(help: "The last day to look at.")
    var end: String?
    @Option(help: "Look as if it were this time, as 2024-04-30 or 2024-04-30 12:00:00.")
    var executionTime: String?
    @Flag(help: "Run nothing: show what audits found in the last 30 days, in any environment, with the first rows.")
    var kept = false
    @Flag(help: "One JSON document.")
    var json = false

    func run() async throws {
        let (environment, json, showsKept, model) = (target.environment, json, kept, model)
        let interval = try DayRange.interval(start, end)
        let now = try CommandSupport.executionTime(executionTime)
        try await CommandSupport.withWorkbench { workbench, _ in
            if showsKept {
                let kept = KeptFailures(
                    try await workbench.store.auditFailures(of: try model.map(CommandSupport.model)))
                return print(json ? try CommandJSON.text(kept) : kept.text)
            }
            let found = try await workbench.catalog.environment(environment)
            let work = AuditWork(
                environment: found, store: workbench.store, catalog: workbench.catalog, tables: workbench.tables)
            let name = try model.map { try CommandSupport.model($0, in: found).name }
            let results = try await work.run(name, in: interval, execution: now) { result in
                if !json { Output.line(result.text) }
            }
            if json { print(try CommandJSON.text(results)) }
            let failed = results.count { $0.outcome == .failed }
            if failed > 0 { throw ExitError(.failed, json ? "" : "\(failed) audits failed in \(environment).") }
        }
    }
}
