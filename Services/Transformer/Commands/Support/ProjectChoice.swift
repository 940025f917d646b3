import ArgumentParser
import ModelProject

/// How a project is to be read, where not as it says itself.
struct ProjectChoice: ParsableArguments {
    @Option(help: "The gateway of config.yaml to use; its default when left out.")
    var gateway: String?
    @Option(help: "Read every model in this dialect, whatever it says; with postgres, also whatever the gateway is.")
    var dialect: String?

    @Flag(help: "Leave out what is written in Python, and the models that need it.")
    var skipUnsupported = false

    func validate() throws {
        if let dialect, !["postgres", "bigquery"].contains(dialect.lowercased()) {
            throw ValidationError("--dialect is postgres or bigquery.")
        }
    }

    /// - Parameter database: The one that models run in; nil where that does not matter.
    func options(database: String? = nil) -> ProjectOptions {
        ProjectOptions(
            gateway: gateway, dialect: dialect?.lowercased(), database: database,
            skipsUnsupported: skipUnsupported)
    }
}
