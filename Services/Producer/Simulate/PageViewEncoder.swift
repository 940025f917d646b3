// PageViewEncoder: an event as the bytes of its message. The fields are those of Pipelines/web-analytics/contracts.
import DataContract

/// Writes page-view events as JSON.
struct PageViewEncoder: Sendable {
    private static let hex = Array("0123456789abcdef".utf8)
    private static let actions = ["page_view", "click", "add_to_cart", "sign_up", "purchase"].map { Array($0.utf8) }
    private static let referrers = PageViewScenario.referrers.map { Array($0.utf8) }
    private static let site = Array("https://shop.example".utf8)

    /// The message's key: events of a user keep their order.
    func key(of event: PageViewEvent) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(12)
        Self.append(user: event.user, to: &key)
        return key
    }

    /// `{"event_id":…,"user_id":…,"event":…,"timestamp":…,"session_id":…,"url":…,"referrer":…,"device":…}`
    func value(of event: PageViewEvent) -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(256)
        Self.append("{\"event_id\":\"", to: &json)
        Self.append(uuid: event.id, to: &json)
        Self.append("\",\"user_id\":\"", to: &json)
        Self.append(user: event.user, to: &json)
        Self.append("\",\"event\":\"", to: &json)
        json.append(contentsOf: Self.actions[Int(event.action.rawValue)])
        Self.append("\",\"timestamp\":\"", to: &json)
        EventTime.append(event.time, to: &json)
        Self.append("\",\"session_id\":\"", to: &json)
        Self.append(hex: event.session, to: &json)
        Self.append("\",\"url\":\"", to: &json)
        Self.append(page: event.page, to: &json)
        if let referrer = event.referrer {
            Self.append("\",\"referrer\":\"", to: &json)
            json.append(contentsOf: Self.referrers[referrer])
        }
        Self.append("\",\"device\":\"", to: &json)
        Self.append(event.isMobile ? "mobile" : "desktop", to: &json)
        Self.append("\"}", to: &json)
        return json
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func append(user: Int, to bytes: inout [UInt8]) {
        append("user-", to: &bytes)
        append(number: user, digits: 6, to: &bytes)
    }

    private static func append(page: PageViewEvent.Page, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: site)
        switch page {
        case .home: append("/", to: &bytes)
        case .products: append("/products", to: &bytes)
        case .product(let number):
            append("/products/", to: &bytes)
            append(number: number, digits: 1, to: &bytes)
        case .cart: append("/cart", to: &bytes)
        case .checkout: append("/checkout", to: &bytes)
        case .account: append("/account", to: &bytes)
        case .help(let number):
            append("/help/", to: &bytes)
            append(number: number, digits: 1, to: &bytes)
        }
    }

    /// Decimal, with zeros in front up to `digits`.
    private static func append(number: Int, digits: Int, to bytes: inout [UInt8]) {
        var divisor = 1
        var count = 1
        while number / divisor >= 10 || count < digits {
            divisor *= 10
            count += 1
        }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    private static func append(hex value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) { bytes.append(hex[Int(value >> UInt64(shift) & 15)]) }
    }

    /// Version 4 of RFC 9562: all but six bits are the event's.
    static func append(uuid: (UInt64, UInt64), to bytes: inout [UInt8]) {
        let high = uuid.0 & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = uuid.1 & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        for (index, shift) in stride(from: 60, through: 0, by: -4).enumerated() {
            if index == 8 || index == 12 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(hex[Int(high >> UInt64(shift) & 15)])
        }
        bytes.append(UInt8(ascii: "-"))
        for (index, shift) in stride(from: 60, through: 0, by: -4).enumerated() {
            if index == 4 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(hex[Int(low >> UInt64(shift) & 15)])
        }
    }

}
