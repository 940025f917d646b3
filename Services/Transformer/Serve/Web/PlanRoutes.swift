import Foundation
import Hummingbird
import Pipeline
import Planning
import Synchronization
import Web

/// `GET plan?environment=dev`: what applying the pipeline folder to an environment would do. Nothing is done.
final class PlanRoutes: Sendable {
    private let planner: PlanMaker
    private let project: ResidentProject
    private let running = Mutex(0)

    /// A plan reads what has changed in the folder and compares it with the database: so many at a time.
    private static let runningMax = 2

    init(planner: PlanMaker, project: ResidentProject) {
        self.planner = planner
        self.project = project
    }

    func add(to api: RouterGroup<WebContext>) {
        api.get("plan") { request, _ in
            try await self.preview(request.uri.queryParameters["environment"].map(String.init) ?? "prod")
        }
    }

    private func preview(_ environment: String) async throws -> PlanPreview {
        let isTaken = running.withLock { running in
            guard running < Self.runningMax else { return false }
            running += 1
            return true
        }
        guard isTaken else { throw Problem.away("Others are planning right now.") }
        defer { running.withLock { $0 -= 1 } }
        let (project, graph) = try await project.current()
        let surroundings = try await planner.surroundings(of: environment)
        let request = PlanRequest(environment: environment, upTo: Moment(Date()))
        return PlanPreview(try await planner.plan(project, graph, request, in: surroundings))
    }
}

/// A plan, as much of it as a page shows.
struct PlanPreview: ResponseEncodable {
    /// Items of a list beyond so many are left out.
    static let itemsMax = 200

    /// The first items of a list, and how many there are.
    struct Excerpt<Item: Encodable>: Encodable {
        let items: [Item]
        let total: Int

        init(_ all: [Item]) {
            items = Array(all.prefix(PlanPreview.itemsMax))
            total = all.count
        }
    }

    struct Change: Encodable {
        let model: String, change: String, category: String?, columns: [String]?, reason: String
        let affects: [String]
        /// The lines of the file that differ: `- …`, `+ …`.
        let lines: [String]
    }

    struct Work: Encodable {
        let model: String, isWhole: Bool
        /// The first and the last moment.
        let from: String?, to: String?
        let batches: Int
        /// About so much will be written.
        let estimatedRows: Int64?, estimatedBytes: Int64?
    }

    let environment: String
    let isEmpty: Bool
    let changes: Excerpt<Change>
    let tablesToCreate: Excerpt<String>
    let toCompute: Excerpt<Work>
    let auditsToRun: Excerpt<String>
    let viewsToPoint: Excerpt<PlanDocument.View>
    let viewsToDrop: Excerpt<PlanDocument.View>
    /// Models that are not computed as far as their crons say, because data is not there yet.
    let waiting: Excerpt<PlanDocument.Waiting>
    /// Why it would be carried out only when somebody says so.
    let removal: String?

    init(_ plan: Plan) {
        let document = PlanDocument(plan, showsTexts: true)
        environment = document.environment
        isEmpty = document.isEmpty
        changes = Excerpt(document.changes.map(Change.init))
        tablesToCreate = Excerpt(document.tablesToCreate)
        toCompute = Excerpt(document.toCompute.map(Work.init))
        auditsToRun = Excerpt(document.auditsToRun)
        viewsToPoint = Excerpt(document.viewsToPoint)
        viewsToDrop = Excerpt(document.viewsToDrop)
        waiting = Excerpt(document.waiting)
        removal = document.removal
    }
}

extension PlanPreview.Change {
    private static let linesMax = 400

    fileprivate init(_ change: PlanDocument.Change) {
        var lines: [String] = []
        if let before = change.before, let after = change.after { lines = LineDiff.lines(from: before, to: after) }
        self.init(
            model: change.model, change: change.change, category: change.category, columns: change.columns,
            reason: change.reason, affects: Array(change.affects.prefix(PlanPreview.itemsMax)),
            lines: Array(lines.prefix(Self.linesMax)))
    }
}

extension PlanPreview.Work {
    fileprivate init(_ work: PlanDocument.Work) {
        self.init(
            model: work.model, isWhole: work.isWhole, from: work.intervals.first?.from, to: work.intervals.last?.to,
            batches: work.batches.count, estimatedRows: work.estimatedRows, estimatedBytes: work.estimatedBytes)
    }
}
