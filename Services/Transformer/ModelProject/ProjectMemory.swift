import Foundation
import Pipeline
import Synchronization

/// What the files of models said when a folder was read: the next reading takes those that are as they were for read.
///
/// For a process that reads one folder again and again. A file counts as unchanged while its identity, size and times are
/// the same, and were not new when it was read: a second change within the same tick of the clock would not show.
public final class ProjectMemory: Sendable {
    /// One file of models, with the files that it names.
    struct Entry: Sendable {
        let stamps: [String: FileStamp]
        let models: [ModelDefinition]
    }

    private struct State {
        var scope: ModelScope?
        var entries: [String: Entry] = [:]
        var parsed = 0
    }

    private let state = Mutex(State())

    /// Remembers nothing yet.
    public init() {}

    /// How many files of models have been parsed so far.
    public var parsedFiles: Int { state.withLock { $0.parsed } }

    /// What is known of files that are read in `scope`, by their paths.
    func entries(in scope: ModelScope) -> [String: Entry] {
        state.withLock { state in
            guard let before = state.scope, before.config == scope.config, before.databases == scope.databases else {
                return [:]
            }
            return state.entries
        }
    }

    /// Remembers these files, and forgets all others.
    /// - Parameter parsed: How many of them were not known before.
    func keep(_ entries: [String: Entry], in scope: ModelScope, parsed: Int) {
        state.withLock { state in
            state.scope = scope
            state.entries = entries
            state.parsed += parsed
        }
    }
}

extension ProjectMemory.Entry {
    /// - Returns: Nil where a later reading may find something else in the same texts, or in files too new to tell.
    init?(_ models: [ModelDefinition], stamps: [String: FileStamp?], readAt: FileStamp.Time) {
        var known: [String: FileStamp] = [:]
        for (path, stamp) in stamps {
            guard let stamp, stamp.isSettled(at: readAt) else { return nil }
            known[path] = stamp
        }
        // `1 week ago` is another time tomorrow.
        guard models.allSatisfy({ $0.relativeStart == nil && $0.relativeEnd == nil }) else { return nil }
        self.init(stamps: known, models: models)
    }

    /// Whether every file is as it was.
    func holds(in folder: PipelineFolder) -> Bool { stamps.allSatisfy { folder.stamp(of: $0.key) == $0.value } }
}
