import ArgumentParser
import Planning
import ServiceRuntime

/// `transformer table-diff`
struct TableDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table-diff", abstract: "Compare the rows of two environments' models, or of two tables.",
        discussion: """
            Rows are the same one when the columns of the model's grain, or of --on, are equal. Nothing is changed.

              transformer table-diff prod:dev analytics.sessions
              transformer table-diff prod:dev --select-model 'tag:daily' --where "day >= '2024-04-01'" --json
              transformer table-diff raw.events:raw.events_copy --on event_id --skip-columns _ingested_at
            """,
        aliases: ["table_diff"])
    @Argument(help: ArgumentHelp("Two environments, or two tables.", valueName: "source:target"))
    var pair: String
    @Argument(help: "The model; environments alone have models.")
    var model: String?
    @Option(
        name: [.customLong("select-model"), .customShort("m")],
        help: ArgumentHelp(
            "Several models: names with *, tag:x, +x, x+, &, |, ^; may be repeated.", valueName: "models"))
    var selected: [String] = []
    @Option(
        name: [.customLong("on"), .customShort("o")],
        help: "A column that tells rows apart; may be repeated. (default: the grain)")
    var keys: [String] = []
    @Option(
        name: [.customLong("skip-columns"), .customShort("s")], help: "A column that is not compared; may be repeated.")
    var skipped: [String] = []
    @Option(help: "Only rows for which this SQL condition holds, on both sides.")
    var `where`: String?
    @Option(help: "How many rows that differ are shown; 0: none.")
    var limit = 20
    @Option(name: [.long, .customShort("d")], help: "How many decimal places of floating point columns are compared.")
    var decimals = 3
    @Flag(help: "Compare although the columns do not tell all rows apart.")
    var skipGrainCheck = false
    @Flag(help: "One JSON document.")
    var json = false

    func validate() throws {
        guard (0...10_000).contains(limit) else { throw ValidationError("--limit is 0 to 10000.") }
        guard (0...15).contains(decimals) else { throw ValidationError("--decimals is 0 to 15.") }
        if model != nil, !selected.isEmpty { throw ValidationError("Name one model, or give --select-model.") }
    }

    func run() async throws {
        let command = self
        try await CommandSupport.withWorkbench { workbench, _ in
            let finder = TableDiffFinder(database: workbench.database, catalog: workbench.catalog)
            let selections = (command.model.map { [$0] } ?? []) + command.selected
            let options = TableDiff.Options(
                keys: command.keys, skipped: Set(command.skipped), condition: command.where, samplesMax: command.limit,
                decimals: command.decimals, allowsDuplicates: command.skipGrainCheck)
            var reports: [TableDiff.Report] = []
            for pair in try await finder.pairs(command.pair, models: selections) {
                reports.append(try await TableDiff(database: workbench.database, pair: pair, options: options).report())
            }
            command.json
                ? print(try CommandJSON.text(reports)) : print(reports.map(\.text).joined(separator: "\n\n"))
        }
    }
}
