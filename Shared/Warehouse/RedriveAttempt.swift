// RedriveAttempt: dead letters, read again under a contract. Decides; does nothing.
import DataContract

/// What became of a page of dead letters that was tried again.
public struct RedrivenPage: Sendable, Equatable {
    /// Rows written.
    public var landed = 0
    /// Letters that met the contract and were dropped as repetitions.
    public var duplicates = 0
    /// Letters that failed again, as they are now.
    public var failed: [DeadLetter] = []
    /// The last letter of the page; nil when there was none.
    public var last: DeadLetter.Position?

    /// Of no letters.
    public init() {}
}

/// A page of dead letters under a contract as it is now.
struct RedriveAttempt {
    /// A letter that meets the contract, as a row with the position that it had.
    struct Candidate {
        let letter: DeadLetter
        let row: RawRows
        let eventTime: Int64?
    }

    private(set) var candidates: [Candidate] = []
    private(set) var failed: [(letter: DeadLetter, rejection: Rejection)] = []

    /// - Parameter now: When the rows land; microseconds since 1970.
    init(_ letters: [DeadLetter], under contract: Contract, at now: Int64) {
        let decoder = RecordDecoder(contract)
        for letter in letters {
            var rows = RawRows(capacity: 1_024)
            let position = MessagePosition(
                partition: letter.position.partition, offset: letter.position.offset, ingestedAt: now)
            let outcome =
                letter.value?.withUnsafeBytes { decoder.decode($0, at: position, into: &rows) }
                ?? decoder.decode(nil, at: position, into: &rows)
            switch outcome {
            case .row(let time): candidates.append(Candidate(letter: letter, row: rows, eventTime: time))
            case .rejected(let rejection): failed.append((letter, rejection))
            }
        }
    }

    /// What `data.landed` says of rows that came late: neighbouring offsets as one range.
    static func batch(of landed: [Candidate], _ contract: Contract) -> RawBatch {
        var sources: [RawBatch.Source] = []
        var times = EventTimeRange()
        for candidate in landed {
            let (partition, offset) = (candidate.letter.position.partition, candidate.letter.position.offset)
            let last = sources.last.flatMap { $0.partition == partition && $0.next == offset ? $0 : nil }
            if last != nil { sources.removeLast() }
            sources.append(
                .init(partition: partition, expected: nil, first: last?.first ?? offset, next: offset + 1))
            if let time = candidate.eventTime { times.insert(time) }
        }
        return RawBatch(
            contract: contract, rows: rows(of: landed), deadLetters: [], sources: sources,
            bytes: landed.reduce(0) { $0 + ($1.letter.value?.count ?? 0) }, eventTimes: times)
    }

    /// The rows of several letters.
    static func rows(of candidates: some Sequence<Candidate>) -> RawRows {
        var rows = RawRows(capacity: 1 << 16)
        for candidate in candidates { rows.append(candidate.row) }
        return rows
    }

    /// Why a letter stays one that the warehouse itself refused.
    static func refusal(_ column: String?, _ reason: String, _ contract: Contract) -> Rejection {
        Rejection(.refusedByWarehouse, field: column.flatMap { contract.property(ofColumn: $0) }, message: reason)
    }
}

extension DeadLetter {
    /// The letter after another attempt; the newest twenty before it are kept.
    func failing(again rejection: Rejection, at time: Int64) -> DeadLetter {
        let before = Attempt(reason: reason, field: field, message: message, failedAt: failedAt)
        return DeadLetter(
            position: position, table: table, reason: rejection.reason.rawValue, field: rejection.field,
            message: rejection.message, key: key, value: value, headers: headers, timestamp: timestamp,
            failedAt: time, attempts: attempts + 1, history: (history + [before]).suffix(20))
    }
}

extension Contract {
    /// The name of the field that lands in a column.
    func property(ofColumn column: String) -> String? { properties.first { $0.column == column }?.name }
}
