import ArgumentParser
import Foundation
import ModelProject
import Pipeline
import ServiceRuntime

/// `transformer format`
struct FormatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "format", abstract: "Write the files of models and audits in one style.",
        discussion: """
            What a model means, and its table, stay the same. Comments and macros are kept; a file with Jinja, and one that would
            lose a comment, is left alone and named.

              transformer format --check     end with 1 when a file is not in that style; write nothing
            """)
    @Argument(help: "Files of the pipeline folder, such as models/a.sql. (default: all of models/ and audits/)")
    var paths: [String] = []
    @Flag(help: "Write nothing; end with 1 when a file would change.")
    var check = false

    func run() async throws {
        let settings = try await Settings.load(transformerService, groups: [PipelineLocation.group])
        let folder = try PipelineFolder(at: try PipelineLocation(settings).path)
        let formatter = FileFormatter(
            dialect: try folder.project(ProjectOptions(skipsUnsupported: true)).config.modelDefaults.dialect)
        let all = folder.files(in: "models", extensions: ["sql"]) + folder.files(in: "audits", extensions: ["sql"])
        if let other = paths.first(where: { !all.contains($0) }) {
            throw ExitError(.usage, "There is no \(other) among the files of models/ and audits/.")
        }
        var changed = 0
        for path in paths.isEmpty ? all : paths {
            let source = SourceFile(path: path, text: try folder.text(of: path))
            switch formatter.format(source) {
            case .left(let reason): Output.note("\(path): left alone: \(reason)")
            case .formatted(source.text): break
            case .formatted(let text):
                changed += 1
                if !check { try text.write(toFile: "\(folder.path)/\(path)", atomically: true, encoding: .utf8) }
                print("\(path): \(check ? "would change" : "formatted")")
            }
        }
        if check, changed > 0 {
            throw ExitError(.failed, "\(changed) files are not in style: run `transformer format`.")
        }
        if changed == 0 { print("All files are in style.") }
    }
}
