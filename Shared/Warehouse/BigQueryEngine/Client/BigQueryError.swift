// BigQueryError: what came back in place of an answer.
import Curl
import Foundation

/// Why a call came to nothing.
struct BigQueryError: Error, Equatable, CustomStringConvertible {
    /// Where it went wrong.
    enum Origin: Equatable {
        /// There is no access token.
        case login(isRetriable: Bool)
        /// No answer came. Whether the call took effect is not known.
        case transport(CurlError)
        /// BigQuery refused the call, with an HTTP status.
        case call(status: Int)
        /// The job was taken, and failed.
        case job
        /// The job failed, and whether what it did is there could not be looked up.
        case uncertain
        /// An answer that makes no sense.
        case unreadable
        /// The caller does not want it any more.
        case cancelled
        /// The caller's time ran out.
        case timedOut
    }

    let origin: Origin
    /// Google's word for it: `notFound`, `rateLimitExceeded`.
    var reason: String?
    let message: String
    /// How long the server wants not to be asked.
    var retryAfter: Duration?

    static let cancelled = BigQueryError(origin: .cancelled, message: "cancelled")

    /// Reasons that pass. BigQuery gives some of them with a status that by itself would not.
    private static let passing: Set<String> = [
        "backendError", "internalError", "rateLimitExceeded", "jobBackendError", "jobInternalError",
        "jobRateLimitExceeded", "tableUnavailable",
    ]

    /// Whether the same call may work later; of a job that failed: whether another one of the same may.
    var isRetriable: Bool {
        switch origin {
        case .login(let isRetriable): isRetriable
        case .transport(let error): error.isRetriable
        case .call(let status): Self.passing.contains(reason ?? "") || [408, 429, 500, 502, 503, 504].contains(status)
        case .job: Self.passing.contains(reason ?? "")
        case .uncertain, .unreadable, .cancelled, .timedOut: false
        }
    }

    /// Whether there is no such thing.
    var isNotFound: Bool { origin == .call(status: 404) }
    /// Whether there is one already.
    var isDuplicate: Bool { origin == .call(status: 409) }

    var description: String { reason.map { "\(message) (\($0))" } ?? message }
}

/// BigQuery's errors, of calls and of jobs.
struct ErrorProto: Codable, Sendable, Equatable {
    var reason: String?
    var location: String?
    var message: String?
}

extension BigQueryError {
    /// From an answer that is none of success.
    init(status: Int, head: ResponseHead, body: [UInt8], now: Date) {
        struct Answer: Decodable {
            struct Failure: Decodable {
                let message: String?
                let errors: [ErrorProto]?
                let status: String?
            }
            let error: Failure
        }
        // What stands between us and Google answers with pages.
        let failure = (try? JSONDecoder().decode(Answer.self, from: Data(body)))?.error
        origin = .call(status: status)
        reason = failure?.errors?.first?.reason
        message = failure?.message ?? "the server answered \(status)"
        retryAfter = head.retryAfter(now: now)
    }

    /// From what a job says of its end.
    init(job error: ErrorProto) {
        origin = .job
        reason = error.reason
        message = error.message ?? "the job failed"
    }

    init(_ error: CurlError) {
        origin = error == .cancelled ? .cancelled : .transport(error)
        message = error.description
    }
}
