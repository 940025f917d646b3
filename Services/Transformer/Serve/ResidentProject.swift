import Foundation
import ModelProject
import Pipeline
import Planning
import Synchronization

/// The pipeline folder as a process that stays knows it: whoever asks gets it as it is now, and what has not changed since
/// somebody asked is not read again.
final class ResidentProject: Sendable {
    private let source: ProjectSource
    private let files = ProjectMemory()
    private let graph = Mutex<GraphMemory?>(nil)

    init(_ source: ProjectSource) { self.source = source }

    /// The folder's project and its graph.
    /// - Throws: ``PipelineError`` for what is wrong with it now.
    func current() async throws -> (project: Project, graph: ProjectGraph) {
        try await OffPool.run { try self.read() }
    }

    /// How many files of models, and how many models, have been read so far.
    var work: (files: Int, models: Int) { (files.parsedFiles, readModels.withLock { $0 }) }
    private let readModels = Mutex(0)

    private func read() throws -> (Project, ProjectGraph) {
        let project = try source.project(memory: files)
        // Two at once may both read what has changed: none waits for the other.
        let memory = try GraphMemory(project, after: graph.withLock { $0 })
        graph.withLock { $0 = memory }
        readModels.withLock { $0 += memory.readModels }
        return (project, memory.graph)
    }
}
