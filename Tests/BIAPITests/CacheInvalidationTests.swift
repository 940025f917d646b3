import ControlPlane
import Foundation
import Hummingbird
import TestKit
import Testing

@testable import BIAPI

// One after the other: they share a broker, and a message of one drops what the other has kept.
@Suite("Cached answers go exactly when their data changed", .serialized, .enabled(if: Servers.areThere))
struct CacheInvalidationTests {
    @Test("hit, model.updated, event to the page, miss; other relations stay") func updated() async throws {
        try await ServiceFixture.run { fixture in
            try await fixture.listening()
            let browser = try await fixture.browser("viewer")
            let path = "/api/v1/dashboards/shop/data"
            #expect(try await browser.post(path).isCached("by_country") == false)
            let again = try await browser.post(path)
            #expect(again.isCached("by_country") == true)
            #expect(again.isCached("total") == true)

            var events = fixture.service.eventRoutes.events().makeAsyncIterator()
            #expect(await events.next()?.name == "hello")
            try await fixture.owner.execute("INSERT INTO shop.orders VALUES ('2026-11-22', 'FI', 7)")
            #expect(try await browser.post(path).rows(of: "by_country").count == 2, "nobody said so yet")

            let publisher = try ControlPublisher(KafkaTestServer.settings(), source: "/test", logger: fixture.logger)
            func publish(_ environment: String, _ relation: String) async throws {
                try await publisher.publish(
                    ModelUpdated(
                        environment: environment, model: relation, relation: relation, intervals: [], rows: 1,
                        at: Date()))
            }
            try await publish("staging", "shop.visits")
            try await publish("prod", "shop.other")
            try await publish("prod", "shop.orders")
            let event = try #require(await events.next())
            #expect(event.name == "models")
            #expect(event.data.contains(#""charts":["by_day","by_country"]"#), "\(event.data)")

            let fresh = try await browser.post(path)
            #expect(fresh.isCached("by_country") == false)
            #expect(fresh.rows(of: "by_country").map { $0[0] as? String } == ["NO", "FI", "SE"])
            #expect(fresh.isCached("total") == true)
            #expect(try await browser.post(path).isCached("by_country") == true)

            try await publisher.publish(
                DataLanded(
                    table: "shop.visits", sourceTopic: "visits", rows: 3, rejected: 0, offsets: [], eventTimeMin: nil,
                    eventTimeMax: nil, lowWatermark: nil, days: [], landedAt: Date()))
            #expect(await events.next()?.data.contains(#""total""#) == true)
            #expect(try await browser.post(path).isCached("total") == false)
            await publisher.close()
        }
    }

    @Test("the stream of events needs a session") func session() async throws {
        try await ServiceFixture.run { fixture in
            let answer = try await fixture.visitor.get("/api/v1/events")
            #expect(answer.status == 401)
        }
    }

    @Test("what a removed, renamed or changed model answered is forgotten, and its pages are told") func models()
        async throws
    {
        try await ServiceFixture.run { fixture in
            try await fixture.listening()
            let browser = try await fixture.browser("viewer")
            let path = "/api/v1/dashboards/shop/data"
            let service = fixture.service.events
            await service.take(Self.manifest(["shop.orders", "shop.visits"]))
            _ = try await browser.post(path)
            #expect(try await browser.post(path).isCached("total") == true)
            var events = fixture.service.eventRoutes.events().makeAsyncIterator()
            #expect(await events.next()?.name == "hello")
            try await fixture.owner.execute("ALTER TABLE shop.visits RENAME TO visitors")
            await service.take(Self.manifest(["shop.orders", "shop.visitors"]))
            #expect(await events.next()?.data.contains(#""total""#) == true)
            let renamed = try await browser.post(path)
            #expect(renamed.isCached("by_country") == true)
            #expect(renamed.text.contains("\\\"shop.visits\\\" does not exist"), "\(renamed.text)")
            await service.take(nil)
            #expect(await events.next()?.data.contains(#""by_country""#) == true)
            #expect(try await browser.post(path).isCached("by_country") == false)
            #expect(fixture.service.events.catalogue.current == nil)
        }
    }

    private static func manifest(_ relations: [String]) -> EnvironmentManifest {
        EnvironmentManifest(
            environment: "prod", promotedAt: Date(), plan: "p",
            models: relations.map {
                .init(name: $0, kind: "FULL", relation: $0, columns: [], dependsOn: [], sources: [], cron: "@daily")
            })
    }
}
