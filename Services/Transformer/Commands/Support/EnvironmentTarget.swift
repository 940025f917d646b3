import ArgumentParser
import Planning

/// The environment that a command is about: `transformer plan dev`, or `transformer plan --environment dev`.
struct EnvironmentTarget: ParsableArguments {
    @Argument(help: ArgumentHelp("The environment, such as dev or prod. (default: prod)", valueName: "environment"))
    var name: String?
    @Option(name: [.customLong("environment"), .customShort("e")], help: "The same as an option.")
    var option: String?

    /// Production when none is named.
    var environment: String { name ?? option ?? RelationNames.production }

    func validate() throws {
        guard let name, let option, name != option else { return }
        throw ValidationError("Two environments are named, \(name) and \(option). Name one.")
    }
}
