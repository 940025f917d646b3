// SubscriptionEncoder: the messages of the subscriptions scenario. The fields are those of Pipelines/subscriptions/contracts.
// Always: amounts are exact decimals; the same event gives the same bytes.
import CivilTime
import DataContract
import Foundation

extension SubscriptionEvent: SimulatedEvent {
    static var timeField: String { "event_time" }
    var topic: Int { kind.rawValue }

    func key() -> [UInt8] { Array(user.name.utf8) }

    func value() -> [UInt8] {
        var writer = FieldWriter(user: user, month: CivilDay(microseconds: time).month, random: random)
        switch kind {
        case .subscription: writer.subscription(id, time)
        case .payment: writer.payment(id, time)
        case .churn: writer.churn(id, time)
        case .engagement: writer.engagement(id, time)
        }
        return writer.finished
    }
}

extension Customer {
    /// `customer-000042`
    var name: String {
        let digits = String(number)
        return "customer-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}

extension CivilDay {
    fileprivate init(microseconds: Int64) {
        self.init(number: Int(microseconds.flooredDivision(by: 86_400_000_000).quotient))
    }
}

/// Writes one message's fields, drawing their values.
private struct FieldWriter {
    /// Share of amounts that are far out.
    private static let outliers = 0.005

    let user: Customer
    let month: Int
    var random: SeededRandom
    private var json: [UInt8] = []

    init(user: Customer, month: Int, random: SeededRandom) {
        self.user = user
        self.month = month
        self.random = random
        json.reserveCapacity(640)
    }

    var finished: [UInt8] { json + [UInt8(ascii: "}")] }

    /// November and December are strong, the summer is weak.
    private mutating func season() -> Double {
        switch month {
        case 11, 12: random.within(1.2...1.6)
        case 6...8: random.within(0.6...0.9)
        default: random.within(0.8...1.2)
        }
    }

    private mutating func outlier(_ times: ClosedRange<Double>) -> Double {
        random.chance(Self.outliers) ? random.within(times) : 1
    }

    // MARK: Messages

    mutating func subscription(_ id: (UInt64, UInt64), _ time: Int64) {
        begin("subscription_id", id)
        // The spelling of older producers, which contracts take as well.
        write("event_time", oldTime: time)
        let monthly: ClosedRange<Double> =
            switch user.plan {
            case .enterprise: 7_000...12_000
            case .pro: 3_000...8_000
            case .basic: 500...4_000
            }
        let amount = random.within(monthly) * user.scale * season() * outlier(2...6)
        let cents = Int((amount * 100).rounded())
        write("subscription_amount", hundredths: cents)
        write("event_type", random.choose([("renewal", 0.9), ("upgrade", 0.06), ("downgrade", 0.04)]))
        write("subscription_plan", user.plan.rawValue)
        write("region", user.region)
        write("user_segment", user.segment)
        write("contract_length_months", [1, 12, 24, 36][random.below(4)])
        write("capital_eligibility", random.chance(0.6))
        write("growth_rate", rate: random.normal(mean: 0.05, deviation: 0.2))
        write("annualized_revenue", hundredths: cents * 12)
        write("billing_connection_status", random.chance(0.95))
        write("customer_growth_rate", rate: random.normal(mean: 0.03, deviation: 0.15))
        write("bank_connection_quality", random.within(50...100))
    }

    mutating func payment(_ id: (UInt64, UInt64), _ time: Int64) {
        begin("revenue_id", id)
        write("event_time", time: time)
        let mean: Double =
            switch user.plan {
            case .enterprise: 9
            case .pro: 8
            case .basic: 7
            }
        let usual = exp(random.normal(mean: mean, deviation: 1)) * season()
        let cents = Int((min(max(usual, 300), 30_000) * outlier(3...10) * 100).rounded())
        write("payment_amount", hundredths: cents)
        write("payment_method", random.choose([("credit_card", 0.5), ("bank_transfer", 0.35), ("direct_debit", 0.15)]))
        write("discount_applied", rate: random.chance(0.2) ? random.within(0.05...0.3) : 0.0)
        let currency = ["North America": "USD", "Europe": "EUR", "Asia": "JPY"][user.region] ?? "USD"
        write("currency", currency)
        name("invoice_id")
        json += Array("\"inv-".utf8)
        PageViewEncoder.append(uuid: (id.1, id.0), to: &json)
        json.append(UInt8(ascii: "\""))
        write("recurring_period", "monthly")
        write("due_date", time: time + 30 * 86_400_000_000)
        write("capital_utilization", random.chance(0.5))
        write("revenue_stability_score", random.within(0...100))
        write("advance_amount", hundredths: Int((Double(cents) * random.within(0.3...0.8)).rounded()))
        write("repayment_percentage", rate: random.within(0.0...1.0))
        let status = random.choose([("on_time", 0.75), ("delayed", 0.15), ("early", 0.1)])
        write("repayment_status", status)
        write("revenue_trend", random.choose([("growing", 0.5), ("stable", 0.3), ("declining", 0.2)]))
        write("revenue_volatility", rate: random.within(0.0...0.5))
        write("capital_offer_accepted", random.chance(0.4))
        let overdue = random.chance(0.6) ? "payment_failure" : "no_payment"
        write("payment_delinquency", status == "delayed" ? overdue : "no_delinquency")
    }

    mutating func churn(_ id: (UInt64, UInt64), _ time: Int64) {
        begin("churn_event_id", id)
        write("event_time", oldTime: time)
        let tickets: Int = random.within(0...20)
        let drop: Double = random.within(0.0...1.0)
        let satisfaction: Int = random.within(1...10)
        var risk = random.normal(mean: 0, deviation: 0.05)
        risk += 0.03 * Double(tickets)
        risk += 0.5 * drop
        risk += 0.06 * Double(10 - satisfaction)
        let thousandths = Int((min(max(risk, 0), 1) * 10_000).rounded())
        write("churn_risk", tenThousandths: thousandths)
        write("customer_tenure_days", random.within(30...2_000))
        write("last_activity_gap_days", random.within(0...90))
        write("support_ticket_count", tickets)
        write("usage_drop_percentage", rate: drop)
        write("satisfaction_score", satisfaction)
        write("recent_capital_offer", random.chance(0.3))
        let reason = random.choose([
            ("price", 0.35), ("missing features", 0.25), ("poor support", 0.2), ("switched provider", 0.2),
        ])
        if thousandths > 8_000 { write("cancellation_reason", reason) }
        if random.chance(0.8) { write("capital_withdrawal_flag", random.chance(0.3)) }
    }

    mutating func engagement(_ id: (UInt64, UInt64), _ time: Int64) {
        begin("engagement_id", id)
        write("event_time", time: time)
        let busy = season() * outlier(2...5)
        write("engagement_score", min(100, Int(random.within(20.0...70.0) * busy)))
        write("session_duration", hundredths: Int(random.within(1.0...60.0) * outlier(2...4) * 100))
        write("login_count", Int(random.within(0.0...8.0) * busy))
        write("dashboard_views", Int(random.within(0.0...15.0) * busy))
        write("financing_inquiries", random.within(0...3))
        write("feature_interaction_count", Int(random.within(0.0...40.0) * busy))
        write("api_request_count", Int(random.within(0.0...500.0) * busy))
        write("referral_count", random.chance(0.05) ? 1 : 0)
        write("capital_access_count", random.within(0...2))
        write("report_download_count", random.within(0...4))
        write("integration_usage", random.within(0...10))
        write("financing_conversion_rate", rate: random.within(0.0...0.5))
        write("platform_dependency_score", random.within(0...100))
        write("connected_account_status", random.chance(0.9))
        write("revenue_insights_views", random.within(0...6))
    }

    // MARK: Fields

    private mutating func begin(_ field: String, _ id: (UInt64, UInt64)) {
        json += Array("{\"\(field)\":\"".utf8)
        PageViewEncoder.append(uuid: id, to: &json)
        json += Array("\",\"user_id\":\"\(user.name)\"".utf8)
    }

    private mutating func name(_ field: String) {
        json += Array(",\"".utf8)
        json += Array(field.utf8)
        json += Array("\":".utf8)
    }

    private mutating func write(_ field: String, _ text: String) {
        name(field)
        json += Array("\"\(text)\"".utf8)
    }

    private mutating func write(_ field: String, _ number: Int) {
        name(field)
        json += Array(String(number).utf8)
    }

    private mutating func write(_ field: String, _ flag: Bool) {
        name(field)
        json += Array((flag ? "true" : "false").utf8)
    }

    private mutating func write(_ field: String, hundredths: Int) { write(field, hundredths, digits: 2) }

    private mutating func write(_ field: String, tenThousandths: Int) { write(field, tenThousandths, digits: 4) }

    /// A share or a rate, never beyond ±1.
    private mutating func write(_ field: String, rate: Double) {
        write(field, tenThousandths: Int((min(max(rate, -1), 1) * 10_000).rounded()))
    }

    /// A decimal number with so many digits behind the point.
    private mutating func write(_ field: String, _ number: Int, digits: Int) {
        name(field)
        if number < 0 { json.append(UInt8(ascii: "-")) }
        let text = String(abs(number))
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        json += Array("\(padded.dropLast(digits)).\(padded.suffix(digits))".utf8)
    }

    private mutating func write(_ field: String, time: Int64) {
        name(field)
        json.append(UInt8(ascii: "\""))
        EventTime.append(time, to: &json)
        json.append(UInt8(ascii: "\""))
    }

    /// `2018-01-01T00:00:00 UTC`
    private mutating func write(_ field: String, oldTime time: Int64) {
        name(field)
        json.append(UInt8(ascii: "\""))
        EventTime.append(time, to: &json)
        json.removeLast(5)  // the fraction and the Z
        json += Array(" UTC\"".utf8)
    }
}
