import Hummingbird
import Planning
import Web

/// `GET running`: what is computed now, for whom, and by whom.
struct RunningRoutes: Sendable {
    let store: StateStore

    func add(to api: RouterGroup<WebContext>) {
        api.get("running") { request, _ in
            Running(try await store.running(limit: try PageOfList(request, usual: 100, max: 500).limit))
        }
    }

    struct Running: ResponseEncodable {
        struct Item: Encodable {
            let model: String, environment: String, computed: String, startedAt: String, holder: String
            let task: String?, plan: String?
            /// The process of the database that runs its statement; nil between two statements.
            let process: Int?
            let statementSince: String?
            let waitsFor: String?
        }
        /// The longest at it first.
        let running: [Item]

        init(_ works: [RunningWork]) {
            running = works.map { work in
                Item(
                    model: work.model.description, environment: work.environment,
                    computed: IntervalText.days(IntervalSet(work.computed.intervals.suffix(10))),
                    startedAt: work.startedAt.description, holder: work.holder, task: work.task, plan: work.plan,
                    process: work.statement?.process, statementSince: work.statement?.since.description,
                    waitsFor: work.statement?.waitsFor)
            }
        }
    }
}
