import Timetable

extension ActRefusal: CustomStringConvertible {
    /// For people: what is the matter, and what to do instead.
    public var description: String {
        switch self {
        case .unknownTasks(let models): "The run has no task \(Self.list(models))."
        case .noTasks: "Name at least one task of the run."
        case .isOver([]): "The run is over."
        case .isOver(let models): "Over already: \(Self.list(models))."
        case .isCancelling: "The run is being cancelled. Wait until it has ended."
        case .underWay(let models): "Under way: \(Self.list(models)). Cancel first."
        case .notOver(let models): "Not over yet: \(Self.list(models)). It is tried by itself."
        case .hasSucceeded(let models):
            "Has succeeded: \(Self.list(models)). To compute a stretch of time again, ask for a backfill."
        case .follows(let models):
            "Never tried, because of others before it: \(Self.list(models)). Clear those, and it follows."
        case .nothing: "There is nothing to be done: it is so already."
        }
    }

    private static func list(_ models: [String]) -> String {
        models.prefix(5).map { "`\($0.prefix(80))`" }.joined(separator: ", ")
            + (models.count > 5 ? " and \(models.count - 5) more" : "")
    }
}
