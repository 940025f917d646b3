// DefinitionWatch: tells the leader what `dags/` holds, at the start and as soon as it is something else. It asks the file system
// for the times of a few files, twice a second, and reads nothing that has not changed: that also works where a folder is mounted
// over a network, or is replaced as a whole, as a ConfigMap is.
import Foundation
import Logging
import Pipeline
import ServiceRuntime

struct DefinitionWatch: Sendable {
    /// The pipeline folder.
    let path: String
    let logger: Logger

    private static let every: Duration = .milliseconds(500)

    /// Until cancelled. While there is no folder nothing is told: what is known stays as it is.
    func run(_ tell: (ReadDefinitions) async -> Void) async throws {
        var last: [String: FileStamp]?
        var told: ReadDefinitions?
        let trouble = TroubleLog("pipeline folder not readable; its DAGs stay as they are", logger: logger)
        while true {
            do throws(PipelineError) {
                let folder = try PipelineFolder(at: path)
                trouble.over()
                let (stamps, areSettled) = look(at: folder)
                // Right after a change another one may not show in the times: it is read once more.
                if stamps != last || !areSettled {
                    let read = folder.definitions()
                    if read != told { await tell(read) }
                    told = read
                }
                last = stamps
            } catch {
                trouble.note(error)
            }
            try await Task.sleep(for: Self.every)
        }
    }

    private func look(at folder: PipelineFolder) -> (stamps: [String: FileStamp], areSettled: Bool) {
        var stamps: [String: FileStamp] = [:]
        let now = FileStamp.Time.now
        for file in folder.files(in: PipelineFolder.dagsFolder, extensions: ["yaml", "yml"]) + [AlertReader.file] {
            if let stamp = folder.stamp(of: file) { stamps[file] = stamp }
        }
        return (stamps, stamps.values.allSatisfy { $0.isSettled(at: now) })
    }
}
