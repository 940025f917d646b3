import ArgumentParser
import Foundation
import ServiceRuntime

/// `transformer init`
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a project to begin with: a seed, an incremental model, a full one, an audit, a test.",
        discussion: """
            It plans and runs as it is, and SQLMesh runs the same files. Nothing that is there is written over.

              transformer init my-shop
              export MILLRACE_PIPELINE=my-shop && transformer plan
            """)
    @Argument(help: "The folder; it is made when it is not there.")
    var folder = "."

    func run() async throws {
        let root = URL(fileURLWithPath: folder, isDirectory: true)
        let files = ProjectTemplate.files
        if let other = files.keys.sorted().first(where: {
            FileManager.default.fileExists(atPath: root.appending(path: $0).path())
        }) {
            throw ExitError(.failed, "There is a \(other) in \(folder) already. Nothing was written.")
        }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file, options: .withoutOverwriting)
            print(path)
        }
        print(
            "\nexport MILLRACE_PIPELINE=\(folder)\ntransformer plan     # what would happen\ntransformer apply    # make it so"
        )
    }
}
