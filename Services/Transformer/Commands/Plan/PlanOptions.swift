import ArgumentParser
import Foundation
import Pipeline
import Planning
import ServiceRuntime

/// What plan and apply share.
struct PlanOptions: ParsableArguments {
    @OptionGroup var target: EnvironmentTarget
    @OptionGroup var choice: ProjectChoice
    @Option(
        name: [.long, .customShort("s")],
        help: "Compute nothing before this day: a preview. What is missing is computed by later runs.")
    var start: String?
    @Option(name: .long, help: "Compute nothing after this day.")
    var end: String?
    @Option(help: "Plan as if it were this time: data before it is wanted, as 2024-04-30 or 2024-04-30 12:00:00.")
    var executionTime: String?
    @Option(
        name: .customLong("select-model"),
        help: ArgumentHelp(
            "Take only the changes of these models; may be given several times. Names with *, tag:x, git:branch, +x with "
                + "what it reads, x+ with what reads it, & and | and ^ for and, or, not.", valueName: "models"))
    var selected: [String] = []
    @Option(
        name: [.customLong("restate-model"), .customShort("r")],
        help: ArgumentHelp(
            "Compute these models again, or what reads these raw tables, and what reads that, from --start to --end; may be "
                + "given several times.",
            valueName: "models"))
    var restated: [String] = []
    @Option(
        name: .customLong("backfill-model"),
        help: ArgumentHelp(
            "Compute these models alone, and what they read; later runs compute the others. May be given several times.",
            valueName: "models"))
    var backfilled: [String] = []
    @Flag(
        help: "Changes of incremental models hold for new intervals alone, as if their kinds said forward_only.")
    var forwardOnly = false
    @Option(
        name: .customLong("category"),
        help: ArgumentHelp(
            "Say what the changes of models mean, whatever the plan would: MODELS=breaking (they and what reads them are "
                + "computed again), non-breaking (they alone), forward-only or same-rows (nothing is computed); may be given "
                + "several times.", valueName: "models=category"))
    var categories: [String] = []
    @Option(
        help: "Forward-only changes hold for intervals from this day on: those that are there are computed again.")
    var effectiveFrom: String?
    @Option(
        name: .customLong("allow-destructive-model"),
        help: ArgumentHelp(
            "Let these models lose columns by a forward-only change; may be given several times.", valueName: "models"))
    var allowedDestructive: [String] = []
    @Flag(
        name: [.customLong("skip-backfill"), .customLong("dry-run")],
        help: "Compute nothing: views are pointed, and later runs compute what is missing.")
    var skipBackfill = false
    @Flag(help: "Compute nothing, and take what is missing as done.")
    var emptyBackfill = false
    @Flag(help: "Say of each model why it will or will not be computed; carry nothing out.")
    var explain = false
    @Flag(help: "Do not run the unit tests first.")
    var skipTests = false
    @Flag(help: "Leave out the lines that differ.")
    var noDiff = false
    @Flag(help: "One JSON document instead of text; what happens on the way is told on standard error.")
    var json = false
    @Flag(help: "Carry the plan out even when it removes all models of the environment, or more than half.")
    var allowRemoval = false
    /// Every environment shows all models, so that it is always true.
    @Flag(help: .hidden) var includeUnmodified = false

    func validate() throws {
        if skipBackfill, emptyBackfill {
            throw ValidationError(
                "--skip-backfill leaves what is missing to later runs, --empty-backfill takes it as done.")
        }
        if skipBackfill || emptyBackfill, !backfilled.isEmpty {
            throw ValidationError("--backfill-model computes; it does not go with --skip-backfill or --empty-backfill.")
        }
        if skipBackfill || emptyBackfill, !restated.isEmpty {
            throw ValidationError("--restate-model computes; it does not go with --skip-backfill or --empty-backfill.")
        }
    }

    /// What is wanted of the plan, apart from the files that `git:` selections compare.
    func request(now: Moment) throws -> PlanRequest {
        let upTo = try CommandSupport.executionTime(executionTime, now: now)
        var request = PlanRequest(
            environment: target.environment, upTo: upTo,
            window: try DayRange.interval(start, end))
        request.backfill = skipBackfill ? .skip : emptyBackfill ? .assume : .compute
        request.selected = selected.isEmpty ? nil : try selected.map(Self.selection)
        request.backfilled = backfilled.isEmpty ? nil : try backfilled.map(Self.selection)
        request.forwardOnly = forwardOnly
        request.categories = try categories.map(Self.choice)
        request.effectiveFrom = try effectiveFrom.map { try CommandSupport.moment($0, named: "effective-from") }
        if let from = request.effectiveFrom, from >= upTo {
            throw ExitError(
                .usage, "--effective-from \(from) is in the future: that is where new intervals are anyway.")
        }
        request.allowedDestructive = try allowedDestructive.map(Self.selection)
        request.restated = try restated.map(Self.selection)
        return request
    }

    private static func choice(_ text: String) throws -> CategoryChoice {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let category = ChangeCategory(rawValue: parts[1].replacing("_", with: "-")) else {
            let known = ChangeCategory.allCases.map(\.rawValue).joined(separator: ", ")
            throw ExitError(.usage, "--category `\(text)`: write MODELS=CATEGORY, with one of \(known).")
        }
        return CategoryChoice(models: try selection(parts[0]), category: category)
    }

    private static func selection(_ text: String) throws -> ModelSelection {
        do throws(ModelSelection.Mistake) {
            return try ModelSelection(text)
        } catch {
            throw ExitError(.usage, "\(error)")
        }
    }
}
