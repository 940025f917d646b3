import Charts
import Postgres
import Web

extension Problem {
    /// What a failed query tells whoever asked.
    init(_ failure: QueryFailure) {
        var members: [String: any Encodable & Sendable] = ["code": failure.code.rawValue]
        if let position = failure.position { members["position"] = position }
        if let bytesMax = failure.bytesMax { members["bytes_max"] = bytesMax }
        switch failure.code {
        case .refused: self.init(.unprocessableContent, failure.message, title: "Query refused", members: members)
        case .tooLarge: self.init(.unprocessableContent, failure.message, title: "Row too large", members: members)
        case .timedOut: self.init(.gatewayTimeout, failure.message, title: "Query timed out", members: members)
        case .cancelled: self.init(.conflict, failure.message, title: "Query stopped", members: members)
        case .busy:
            self.init(
                .serviceUnavailable, failure.message, title: "Too many queries", members: members,
                headers: [.retryAfter: "2"])
        case .unavailable:
            self.init(.serviceUnavailable, failure.message, title: "Warehouse away", members: members)
        }
    }

    /// What a chart's error tells: nil for what is the service's own failure.
    init?(asking error: any Error) {
        switch error {
        case let failure as QueryFailure: self.init(failure)
        case let error as ChartError: self.init(.unprocessableContent, error.description)
        case let problem as Problem: self = problem
        // What the state database does not do now. A mistake of ours in its SQL stays the service's own failure.
        case let error as PostgresError where error.isRetriable || error.isConnectionGone || error.code == .timedOut:
            self.init(
                .serviceUnavailable, "The service's own database does not answer now. Try again shortly.",
                title: "Database away", headers: [.retryAfter: "5"])
        default: return nil
        }
    }
}
