import NIOHTTP1

/// What a request is answered. A plain value: headers that every answer has are added when it is written.
struct Answer: Sendable, Equatable {
    var status: HTTPResponseStatus
    var contentType = "application/json"
    var body: [UInt8] = []
    var headers: [(String, String)] = []

    static func == (left: Answer, right: Answer) -> Bool {
        left.status == right.status && left.contentType == right.contentType && left.body == right.body
            && left.headers.elementsEqual(right.headers, by: ==)
    }

    init(_ status: HTTPResponseStatus, contentType: String = "application/json", body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    static let success = Answer(.ok, body: Array("{\"success\":true}".utf8))

    /// RFC 9457: what is wrong and what to do.
    static func problem(
        _ status: HTTPResponseStatus, _ detail: String, members: String = "", headers: [(String, String)] = []
    ) -> Answer {
        var text =
            "{\"type\":\"about:blank\",\"title\":\"\(status.reasonPhrase)\",\"status\":\(status.code),\"detail\":"
        text += JSONText.quoted(detail) + (members.isEmpty ? "}" : ",\(members)}")
        var answer = Answer(status, contentType: "application/problem+json", body: Array(text.utf8))
        answer.headers = headers
        return answer
    }

    static func unavailable(_ detail: String, retryAfter seconds: Int) -> Answer {
        problem(.serviceUnavailable, detail, headers: [("Retry-After", "\(seconds)")])
    }
}
