/// A request as its judge sees it: whole, and without a connection.
struct CollectorRequest {
    var method = "POST"
    /// Without the query.
    var path: String
    var query = ""
    var authorization: String?
    var contentType: String?
    var contentEncoding: String?
    var userAgent: String?
    var origin: String?
    var traceparent: String?
    /// `DNT: 1` or `Sec-GPC: 1`.
    var asksForPrivacy = false
    /// As far as privacy settings leave it.
    var address: String?
    /// Microseconds since 1970.
    var receivedAt: Int64
}

/// What is to be done for a request.
enum Verdict {
    case answer(Answer)
    /// Deliver all of it first; then, and only then, the answer is true and the rejected events count as such: a sender
    /// that is told to try again sends those again, too.
    case deliver([Delivery], Answer, rejected: [RejectedEvent])
}

/// A message on its way, and whether it is an event or a dead letter.
struct Delivery: Sendable, Equatable {
    var topic: String
    var key: [UInt8]?
    var value: [UInt8]
    var headers: [(name: String, value: [UInt8])] = []

    static func == (left: Delivery, right: Delivery) -> Bool {
        left.topic == right.topic && left.key == right.key && left.value == right.value
            && left.headers.elementsEqual(right.headers, by: ==)
    }

    /// Roughly what it takes in memory.
    var bytes: Int { value.count + (key?.count ?? 0) + headers.reduce(0) { $0 + $1.value.count + 32 } + 128 }
}

/// One event that was not taken.
struct RejectedEvent: Sendable, Equatable {
    /// Its place in the request, from 0.
    let index: Int
    let field: String?
    /// A code that stays the same: `wrong_type`.
    let rule: String
    /// For people; never quotes a value.
    let detail: String
}
