import Foundation
import ModelProject
import Pipeline

/// A pipeline folder made of texts, for the time of a test.
func withFolder<R>(_ files: [String: String], _ body: (PipelineFolder) throws -> R) throws -> R {
    let root = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    for (path, text) in files {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
    return try body(try PipelineFolder(at: root.path()))
}

func project(_ files: [String: String], environment: [String: String] = [:]) throws -> Project {
    try withFolder(files) { try $0.project(ProjectOptions(environment: environment)) }
}
