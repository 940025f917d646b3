import DataContract
import Postgres

/// A batch of one topic, ready to be written.
public struct RawBatch: Sendable {
    /// Messages of a partition that the batch accounts for: every one became a row or a dead letter.
    public struct Source: Sendable, Equatable {
        public let partition: Int32
        /// Where the last landing of the partition ended, as the warehouse has it; `nil`: it has none yet.
        public let expected: Int64?
        /// Offset of the first message.
        public let first: Int64
        /// One past the last message.
        public let next: Int64
        /// The greatest event time among its rows, microseconds since 1970; `nil` without rows that have one.
        public let eventTimeMax: Int64?

        public init(partition: Int32, expected: Int64?, first: Int64, next: Int64, eventTimeMax: Int64? = nil) {
            self.partition = partition
            self.expected = expected
            self.first = first
            self.next = next
            self.eventTimeMax = eventTimeMax
        }

        /// The same messages, for a warehouse that stands at `expected`.
        public func expecting(_ expected: Int64?) -> Source {
            Source(partition: partition, expected: expected, first: first, next: next, eventTimeMax: eventTimeMax)
        }
    }

    public let contract: Contract
    public var rows: RawRows
    public var deadLetters: [DeadLetter]
    public var sources: [Source]
    /// Bytes of the messages' values.
    public var bytes: Int
    public var eventTimes: EventTimeRange

    public init(
        contract: Contract, rows: RawRows, deadLetters: [DeadLetter], sources: [Source], bytes: Int,
        eventTimes: EventTimeRange
    ) {
        self.contract = contract
        self.rows = rows
        self.deadLetters = deadLetters
        self.sources = sources
        self.bytes = bytes
        self.eventTimes = eventTimes
    }
}

/// Rows of a raw table in the form in which the warehouse takes them; the decoder writes them field by field.
public struct RawRows: Sendable, RowSink {
    @usableFromInline var buffer: CopyBuffer

    /// - Parameter capacity: Bytes to make room for.
    public init(capacity: Int = 64 << 10) { buffer = CopyBuffer(reservingBytes: capacity) }

    public var count: Int { buffer.rowCount }
    public var byteCount: Int { buffer.byteCount }

    /// Appends the rows of another batch of the same table.
    public mutating func append(_ other: RawRows) { buffer.append(contentsOf: other.buffer) }

    /// Forgets the rows and keeps the memory.
    public mutating func removeAll() { buffer.removeAll() }

    @inlinable @inline(__always)
    public mutating func beginRow(columns: Int) { buffer.beginRow(fields: columns) }
    @inlinable @inline(__always)
    public mutating func appendNull() { buffer.appendNull() }
    @inlinable @inline(__always)
    public mutating func append(text: UnsafeRawBufferPointer) { buffer.append(bytes: text) }
    @inlinable @inline(__always)
    public mutating func append(bigint: Int64) { buffer.append(bigint) }
    @inlinable @inline(__always)
    public mutating func append(integer: Int32) { buffer.append(integer) }
    @inlinable @inline(__always)
    public mutating func append(double: Double) { buffer.append(double) }
    @inlinable @inline(__always)
    public mutating func append(boolean: Bool) { buffer.append(boolean) }
    @inlinable @inline(__always)
    public mutating func append(timestamp microseconds: Int64) { buffer.append(timestampMicroseconds: microseconds) }
    @inlinable @inline(__always)
    public mutating func append(date days: Int32) { buffer.append(dateDays: days) }
    @inlinable @inline(__always)
    public mutating func append(json: UnsafeRawBufferPointer) { buffer.append(jsonb: json) }

    /// The decoder has judged the number: it is within PostgreSQL's range.
    public mutating func append(number: UnsafeRawBufferPointer) {
        if !buffer.append(numeric: number) { buffer.appendNull() }
    }
}

/// What event times a batch holds.
public struct EventTimeRange: Sendable, Equatable {
    /// Microseconds since 1970; `nil` without rows that have one.
    public private(set) var least: Int64?
    public private(set) var greatest: Int64?
    /// Days since 1970 (UTC) that got rows.
    public private(set) var days: Set<Int32> = []
    private var lastDay: Int32 = .min

    public init() {}

    /// Takes the event time of a row in.
    public mutating func insert(_ microseconds: Int64) {
        least = least.map { min($0, microseconds) } ?? microseconds
        greatest = greatest.map { max($0, microseconds) } ?? microseconds
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
        let day = Int32(truncatingIfNeeded: remainder < 0 ? quotient - 1 : quotient)
        guard day != lastDay else { return }
        days.insert(day)
        lastDay = day
    }

    /// Takes another range in.
    public mutating func formUnion(_ other: EventTimeRange) {
        least = [least, other.least].compactMap { $0 }.min()
        greatest = [greatest, other.greatest].compactMap { $0 }.max()
        days.formUnion(other.days)
    }
}

/// A batch that was written: what `data.landed` says.
public struct Landing: Sendable, Equatable {
    public let id: Int64
    public let topic: String
    /// `raw.events`.
    public let table: String
    public let rows: Int
    public let rejected: Int
    /// Messages that were dropped as repetitions.
    public let duplicates: Int
    /// Offsets of each partition: from `first` up to, without, `next`.
    public let offsets: [Offsets]
    /// Microseconds since 1970.
    public let eventTimeMin: Int64?
    public let eventTimeMax: Int64?
    /// How far the topic has come: the least, over its partitions, of the greatest event time that has landed of each;
    /// never later than the landing. Microseconds since 1970; `nil` while no event has a time. What comes from now on is
    /// later, or late. A partition that gets no events holds it back.
    public let lowWatermark: Int64?
    /// `2026-11-23`, ascending.
    public let days: [String]
    /// Microseconds since 1970.
    public let landedAt: Int64

    /// Offsets of one partition.
    public struct Offsets: Sendable, Equatable, Codable {
        public let partition: Int32
        public let first: Int64
        public let next: Int64

        public init(partition: Int32, first: Int64, next: Int64) {
            self.partition = partition
            self.first = first
            self.next = next
        }
    }
}
