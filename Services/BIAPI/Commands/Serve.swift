import ArgumentParser
import ServiceRuntime
import Web

/// `bi-api serve`: the pages and their API.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves dashboards, charts and the SQL page.",
        discussion: """
            EXAMPLES:
              bi-api serve
              bi-api serve --http-port 9000 --log-format text

            """
                + SettingsDocument.help(for: biAPI.groups))

    func run() async throws {
        let settings = try await Settings.load(biAPI)
        let logger = try Observability.bootstrap(settings)
        let health = HealthChecks()
        let service = try await BIAPIService(settings, health: health, logger: logger)
        try await Lifecycle.run(service.parts, settings: settings, health: health, logger: logger)
    }
}
