// What BigQuery's errors are to those who know warehouses, and not this one.

extension WarehouseError {
    /// - Parameter sql: The statement that it is about, for the place in it.
    init(_ error: BigQueryError, in sql: String = "") {
        switch error.origin {
        case .login(isRetriable: true): self = .unreachable(reason: error.message)
        case .login(isRetriable: false): self = .loginRefused(reason: error.message)
        case .transport(let cause):
            switch cause {
            case .cannotResolve, .cannotConnect: self = .unreachable(reason: error.message)
            case .connectionLost, .timedOut: self = .connectionLost(reason: error.message)
            case .untrusted: self = .loginRefused(reason: error.message)
            default: self = .failed(reason: error.message)
            }
        case .cancelled: self = .cancelled
        case .timedOut: self = .timedOut(reason: error.message)
        case .uncertain: self = .connectionLost(reason: error.message)
        case .unreadable: self = .failed(reason: error.message)
        case .call(status: 401): self = .loginRefused(reason: error.message)
        case .call, .job: self.init(told: error, in: sql)
        }
    }

    /// Of a statement about raw tables, which nobody wrote by hand: what it does not find is a table that is to be made.
    init(raw error: BigQueryError) {
        guard error.reason == "notFound", error.origin == .job || error.isNotFound else {
            self.init(error)
            return
        }
        // `Not found: Table project:raw.events was not found in location EU`; of a dataset `project:raw`.
        let table = error.message.firstMatch(of: /Table (?:[^ ]+[:.])?([^ :.]+\.[^ :.]+) was/)?.1
        let dataset = error.message.firstMatch(of: /Dataset (?:[^ ]+:)?([^ :]+) was/)?.1
        self = .tableMissing((table ?? dataset).map(String.init) ?? error.message)
    }

    /// By Google's word for it.
    private init(told error: BigQueryError, in sql: String) {
        switch error.reason {
        case _ where error.isRetriable, "quotaExceeded": self = .busy(reason: error.description)
        case "accessDenied", "blocked", "billingNotEnabled", "forbidden":
            self = .permissionDenied(reason: error.message)
        case "stopped": self = .cancelled
        case "timeout": self = .timedOut(reason: error.message)
        case "notFound", "invalidQuery", "invalid", "duplicate", "resourcesExceeded", "responseTooLarge",
            "bytesBilledLimitExceeded", "billingTierLimitExceeded":
            let (reason, place) = Self.place(in: error.message)
            self = .invalidStatement(reason: reason, position: place.flatMap { Self.position(of: $0, in: sql) })
        default: self = .failed(reason: error.description)
        }
    }

    /// `Syntax error: … at [1:7]`: the text before the place, and the place's line and column, from 1.
    private static func place(in message: String) -> (reason: String, place: (line: Int, column: Int)?) {
        guard let match = message.firstMatch(of: /\ at \[([0-9]+):([0-9]+)\]/), let line = Int(match.1),
            let column = Int(match.2)
        else { return (message, nil) }
        let text = message[..<match.range.lowerBound] + message[match.range.upperBound...]
        return (String(text), (line, column))
    }

    /// A place as characters from the beginning, from 1; nil when the text has no such place.
    private static func position(of place: (line: Int, column: Int), in sql: String) -> Int? {
        var position = 1
        var line = 1
        for scalar in sql.unicodeScalars {
            if line == place.line { break }
            if scalar == "\n" { line += 1 }
            position += 1
        }
        let found = position + place.column - 1
        return line == place.line && found <= sql.unicodeScalars.count + 1 ? found : nil
    }
}
