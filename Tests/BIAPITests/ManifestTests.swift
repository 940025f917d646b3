import ControlPlane
import Foundation
import Kafka
import Logging
import Testing

@testable import BIAPI

@Suite("A word on the environment that is shown") struct ManifestTests {
    private func events(_ shelf: ManifestShelf, _ versions: DataVersions, _ hub: ChangeHub) -> ModelEvents {
        ModelEvents(
            kafka: KafkaSettings(bootstrapServers: "localhost:1", clientID: "test"), environment: "prod",
            versions: versions, cache: ResultCache(bytesMax: 1 << 20), hub: hub, catalogue: shelf,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func manifest(_ environment: String) -> EnvironmentManifest {
        EnvironmentManifest(
            environment: environment, promotedAt: Date(), plan: "p",
            models: [
                .init(
                    name: "a.m", kind: "VIEW", relation: "a.m", columns: [], dependsOn: [], sources: ["raw.events"],
                    cron: "@daily")
            ])
    }

    @Test("its end, twice, before its beginning or after, leaves nothing of it; others' ends are nothing to it")
    func removed() async {
        let (shelf, versions, hub) = (ManifestShelf(), DataVersions(), ChangeHub())
        let events = events(shelf, versions, hub)
        versions.beginListening()
        await events.learn(EnvironmentRemoved(environment: "prod"))
        #expect(shelf.current == nil)
        await events.learn(manifest("prod"))
        await events.learn(manifest("dev"))
        await events.learn(EnvironmentRemoved(environment: "dev"))
        #expect(shelf.current?.environment == "prod" && versions.changed("raw.events") == ["raw.events", "a.m"])
        let before = versions.version(of: "a.m")
        for _ in 0..<2 { await events.learn(EnvironmentRemoved(environment: "prod")) }
        #expect(shelf.current == nil && versions.version(of: "a.m") != before)
        #expect(versions.changed("raw.events") == ["raw.events"])
        await events.learn(manifest("prod"))
        #expect(shelf.current != nil && versions.changed("raw.events") == ["raw.events", "a.m"])
    }
}
