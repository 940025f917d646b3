import DataContract
import Foundation
import Pipeline
import Testing

@testable import Producer

@Suite("Simulated subscriptions") struct SubscriptionScenarioTests {
    private static let january = Moment("2020-01-01")!.microseconds
    private static let year = 366 * 86_400_000_000 as Int64

    private static func history(
        seed: UInt64 = 7, users: Int = 40, from: Int64 = january, to: Int64 = january + year
    ) -> [SubscriptionEvent] {
        var source = SubscriptionHistory(users: users, seed: seed, from: from, to: to)
        var events: [SubscriptionEvent] = []
        while let event = source.next() { events.append(event) }
        return events
    }

    private static func fields(_ event: SubscriptionEvent) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(event.value())) as? [String: Any])
    }

    private static func contracts() throws -> [Contract] {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return try PipelineFolder(at: root.appending(path: "Pipelines/subscriptions").path).contracts()
    }

    @Test("are the same for the same seed, in any stretch of the history, and others for another")
    func repeatable() {
        let all = Self.history().map { $0.value() }
        #expect(all == Self.history().map { $0.value() })
        #expect(all != Self.history(seed: 8).map { $0.value() })
        let middle = Self.january + 100 * 86_400_000_000 + 7_000_000_000
        let parts = Self.history(to: middle) + Self.history(from: middle)
        #expect(all == parts.map { $0.value() })
    }

    @Test("come in the order of their times: use daily, subscription and payment monthly")
    func order() {
        let events = Self.history()
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
        let counts = Dictionary(grouping: events, by: \.kind).mapValues(\.count)
        #expect(counts[.engagement] == 40 * 366)
        #expect(counts[.subscription] == 40 * 12)
        #expect(counts[.payment] == 40 * 12)
    }

    @Test("meet their contracts, and go to the contracts' topics with the contracts' keys")
    func contracts() throws {
        let contracts = try Self.contracts()
        #expect(Set(contracts.map(\.topic.name)) == Set(Scenario.subscriptions.topics))
        var live = SubscriptionLive(users: 100, seed: 3)
        let events =
            Self.history(to: Self.january + 40 * 86_400_000_000) + (0..<500).map { live.next(at: Int64($0)) }
            + Self.history(users: 400, to: Self.january + 2 * Self.year).filter { $0.kind == .churn }
        for contract in contracts {
            let checker = EventChecker(contract)
            let own = events.filter { $0.kind.topic == contract.topic.name }
            #expect(own.count >= 8)
            for event in own {
                let value = event.value()
                let outcome = value.withUnsafeBytes { checker.judge($0) }
                #expect(outcome == .row(eventTime: event.time), "\(String(decoding: value, as: UTF8.self))")
                #expect(try value.withUnsafeBytes { try checker.key(of: $0) } == event.key())
            }
        }
    }

    @Test("customers have the shares of region, segment and plan, and 15 % leave, once, from 2020 on")
    func customers() {
        let customers = (0..<20_000).map { Customer(number: $0, seed: 5) }
        func share(_ count: (Customer) -> Bool) -> Double { Double(customers.count(where: count)) / 20_000 }
        #expect(abs(share { $0.region == "North America" } - 0.4) < 0.02)
        #expect(abs(share { $0.region == "Asia" } - 0.2) < 0.02)
        #expect(abs(share { $0.segment == "SMB" } - 0.5) < 0.02)
        #expect(abs(share { $0.plan == .enterprise } - 0.2) < 0.02)
        #expect(abs(share { $0.leaving != nil } - 0.15) < 0.01)
        #expect(customers.allSatisfy { (0.5...2.5).contains($0.scale) })
        let first = Int(Self.january / 86_400_000_000), last = Int(Moment("2024-12-01")!.microseconds / 86_400_000_000)
        #expect(customers.compactMap(\.leaving).allSatisfy { (first..<last).contains($0) })
    }

    @Test("amounts follow plan, size and season, and one in two hundred is far out")
    func amounts() throws {
        let events = Self.history(users: 600).filter { $0.kind == .subscription || $0.kind == .payment }
        var summer: [Double] = [], winter: [Double] = []
        var far = 0, subscriptions = 0
        for event in events {
            let fields = try Self.fields(event)
            if event.kind == .payment {
                let amount = try #require(fields["payment_amount"] as? Double)
                let advance = try #require(fields["advance_amount"] as? Double)
                #expect(amount >= 300)
                #expect((0.299...0.801).contains(advance / amount))
                let delinquency = try #require(fields["payment_delinquency"] as? String)
                #expect((delinquency == "no_delinquency") == (fields["repayment_status"] as? String != "delayed"))
            } else {
                subscriptions += 1
                let amount = try #require(fields["subscription_amount"] as? Double)
                let top: Double = [.basic: 4_000, .pro: 8_000, .enterprise: 12_000][event.user.plan] ?? 0
                if amount > top * event.user.scale * 1.6 { far += 1 }
                #expect(abs((try #require(fields["annualized_revenue"] as? Double)) - 12 * amount) < 0.001)
                let time = Moment(microseconds: event.time).civil.month
                if (6...8).contains(time) { summer.append(amount / event.user.scale / top) }
                if time >= 11 { winter.append(amount / event.user.scale / top) }
            }
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        #expect(mean(winter) > 1.5 * mean(summer))
        #expect(far > 0 && far < subscriptions / 100)
    }

    @Test("who leaves says why only at a high risk")
    func churn() throws {
        let events = Self.history(users: 1_500, to: Self.january + 2 * Self.year).filter { $0.kind == .churn }
        #expect(events.count > 50)
        var reasons = 0
        for event in events {
            let fields = try Self.fields(event)
            let risk = try #require(fields["churn_risk"] as? Double)
            #expect((0...1).contains(risk))
            #expect((fields["cancellation_reason"] != nil) == (risk > 0.8))
            if risk > 0.8 { reasons += 1 }
        }
        #expect(reasons > 0 && reasons < events.count)
    }

    @Test("times have both spellings; amounts are exact decimals")
    func spelling() {
        let texts = Self.history(users: 1, to: Self.january + 86_400_000_000).map {
            String(decoding: $0.value(), as: UTF8.self)
        }
        #expect(texts.count == 3)
        #expect(texts[0].contains(#""event_time":"2020-01-01T00:00:00 UTC""#))
        #expect(texts[1].contains(#""event_time":"2020-01-01T00:00:00.000Z""#))
        #expect(texts[0].firstMatch(of: /"subscription_amount":\d+\.\d\d,/) != nil)
    }

    @Test("a topic of one's own is for page views")
    func topic() throws {
        let command = try SimulateCommand.parse(["--scenario=subscriptions", "--topic=events"])
        #expect(throws: (any Error).self) { try command.checked() }
        let settings = try SimulateCommand.parse(["--scenario=subscriptions"]).checked()
        #expect(settings.topics.count == 4 && settings.users == 10_000)
    }
}

@Suite("A progress bar") struct ProgressBarTests {
    @Test("says how much is done, how fast, and how long it will take")
    func line() {
        let line = ProgressBar.line(share: 0.5, counts: "1,250 sent", perSecond: 301_000, elapsed: .seconds(12))
        #expect(line == "[############------------] 50 %  1,250 sent, 301,000/s, 12 s left")
        #expect(ProgressBar.line(share: nil, counts: "7 sent", perSecond: 1, elapsed: .zero) == "7 sent, 1/s")
        #expect(ProgressBar.grouped(1_234_567) == "1,234,567")
    }
}
