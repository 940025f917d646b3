import ArgumentParser
import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// The environment that a command is about: `transformer plan dev`, or `transformer plan --environment dev`.
struct EnvironmentTarget: ParsableArguments {
    @Argument(help: ArgumentHelp("The environment, such as dev or prod. (default: prod)", valueName: "environment"))
    var name: String?
    @Option(name: [.customLong("environment"), .customShort("e")], help: "The same as an option.")
    var option: String?

    /// Production when none is named.
    var environment: String { name ?? option ?? RelationNames.production }

    /// With the environment of config.yaml's `default_target_environment` where none is named.
    func resolved(_ settings: Settings, _ options: ProjectOptions = ProjectOptions()) throws -> EnvironmentTarget {
        guard name == nil, option == nil else { return self }
        let location = try PipelineLocation(settings).path
        guard FileManager.default.fileExists(atPath: location) else { return self }
        var target = self
        target.name = try PipelineFolder(at: location).targetEnvironment(options)
        return target
    }

    func validate() throws {
        guard let name, let option, name != option else { return }
        throw ValidationError("Two environments are named, \(name) and \(option). Name one.")
    }
}
