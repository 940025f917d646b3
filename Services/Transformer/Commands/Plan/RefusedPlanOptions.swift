import ArgumentParser

/// Options of SQLMesh's `plan` that have no meaning here: refused by name, with what to do instead.
struct RefusedPlanOptions: ParsableArguments {
    @Option(help: .hidden) var createFrom: String?
    @Option(help: .hidden) var minIntervals: String?
    @Flag(help: .hidden) var noGaps = false
    @Flag(help: .hidden) var run = false
    @Flag(help: .hidden) var ignoreCron = false
    @Flag(help: .hidden) var noAutoCategorization = false
    @Flag(help: .hidden) var diffRendered = false
    @Flag(help: .hidden) var testChangedOnly = false

    func validate() throws {
        let given: [(Bool, String, instead: String)] = [
            (
                createFrom != nil, "--create-from",
                "A new environment begins as the models say, and takes every table that exists already."
            ),
            (minIntervals != nil, "--min-intervals", "Give --start."),
            (noGaps, "--no-gaps", "All that is missing is computed unless --start or --end says otherwise."),
            (run, "--run", "A plan computes what is missing in any case."),
            (ignoreCron, "--ignore-cron", "`transformer backfill --start … --end …` computes what no cron asks for."),
            (
                noAutoCategorization, "--no-auto-categorization",
                "What a change means follows from the two queries; --explain says why, and --category says something else."
            ),
            (diffRendered, "--diff-rendered", "`transformer render MODEL` shows the SQL that runs."),
            (testChangedOnly, "--test-changed-only", "`transformer test NAME …`, then --skip-tests."),
        ]
        for (isGiven, name, instead) in given where isGiven {
            throw ValidationError("\(name) of SQLMesh is not supported. \(instead)")
        }
    }
}
