import Dispatch
import Foundation
import Logging
import Metrics
import Pipeline
import ServiceLifecycle
import Synchronization

/// Reads the pipeline's contracts and rules again when they change.
struct PipelineWatcher: Service {
    let folder: PipelineFolder
    let current: CurrentPipeline
    let logger: Logger
    var period: Duration = .seconds(1)

    func run() async throws {
        let (looks, feed) = AsyncStream.makeStream(of: CollectorPlan.self, bufferingPolicy: .unbounded)
        let reader = PipelineReader(folder, current)
        // Reading may block, on a network's disk for long: this queue's thread is not one that tasks share.
        let queue = DispatchQueue(label: "pipeline-files")
        let clock = DispatchSource.makeTimerSource(queue: queue)
        clock.schedule(deadline: .now(), repeating: .nanoseconds(Int(period / .nanoseconds(1))))
        clock.setEventHandler { if let plan = reader.look() { feed.yield(plan) } }
        clock.resume()
        defer { clock.cancel() }
        await withGracefulShutdownHandler {
            for await plan in looks { take(plan) }
        } onGracefulShutdown: {
            feed.finish()
        }
    }

    private func take(_ plan: CollectorPlan) {
        let old = current.plan
        guard plan != old else { return }
        current.replace(with: plan)
        for problem in plan.problems where !old.problems.contains(problem) {
            Counter(label: "collector_pipeline_reload_failures_total").increment()
            logger.warning("a file of the pipeline is not taken; the old one holds", metadata: ["error": "\(problem)"])
        }
        guard plan.contracts != old.contracts || plan.rules != old.rules || plan.problems.isEmpty else { return }
        logger.info("contracts and rules read again", metadata: ["topics": "\(plan.topics.joined(separator: ", "))"])
    }
}

/// Looks at the files: small ones, read whole at every look, so that nothing is missed that stamps would not show.
private final class PipelineReader: Sendable {
    private let folder: PipelineFolder
    private let current: CurrentPipeline
    private let seen = Mutex<(read: [String: String]?, last: [String: String]?)>((nil, nil))

    init(_ folder: PipelineFolder, _ current: CurrentPipeline) {
        (self.folder, self.current) = (folder, current)
    }

    /// A new plan, when the files are others than those of the last plan and have stayed the same for a look: an editor,
    /// or a copy, may be in the middle of its work.
    func look() -> CollectorPlan? {
        seen.withLock { seen in
            let now = texts()
            defer { seen.last = now }
            guard now != seen.read, now == seen.last || seen.read == nil else { return nil }
            seen.read = now
            do {
                return try CollectorPlan.read(folder, after: current.plan)
            } catch {
                return nil  // cannot be: the plan before stands in for whatever is broken
            }
        }
    }

    private func texts() -> [String: String] {
        var texts: [String: String] = [:]
        for file in folder.files(in: "contracts", extensions: ["yaml", "yml"]) + ["collector.yaml"] {
            do throws(PipelineError) {
                texts[file] = try folder.text(of: file)
            } catch {
                texts[file] = "\(error)"
            }
        }
        return texts
    }
}
