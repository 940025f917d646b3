import struct Foundation.Date

/// raw-sink: a batch of a topic is in the warehouse. Comes at least once; `topic` and `offsets` tell a repetition.
public struct DataLanded: ControlMessage {
    public static let type = "data.landed"
    public static let topic = ControlTopic.events

    /// What landed of one partition: offsets from `first` up to, without, `next`.
    public struct PartitionOffsets: Codable, Sendable, Hashable {
        public var partition: Int32
        public var first: Int64
        public var next: Int64

        public init(partition: Int32, first: Int64, next: Int64) {
            self.partition = partition
            self.first = first
            self.next = next
        }
    }

    /// The raw table, with its schema: `raw.events`.
    public var table: String
    /// The Kafka topic it came from. Named `topic` on the wire.
    public var sourceTopic: String
    public var rows: Int
    /// Messages that became dead letters.
    public var rejected: Int
    public var offsets: [PartitionOffsets]
    /// Least and greatest event time of the rows; `nil` when there are none.
    public var eventTimeMin: Date?
    public var eventTimeMax: Date?
    /// How far the topic has come: the least, over its partitions, of the greatest event time that has landed of each;
    /// what comes from now on is later, or late. `nil` while no event has a time.
    public var lowWatermark: Date?
    /// The UTC days of the event time that got rows, as `2026-11-23`, ascending.
    public var days: [String]
    public var landedAt: Date

    public var key: String { table }

    public init(
        table: String, sourceTopic: String, rows: Int, rejected: Int, offsets: [PartitionOffsets],
        eventTimeMin: Date?, eventTimeMax: Date?, lowWatermark: Date?, days: [String], landedAt: Date
    ) {
        self.table = table
        self.sourceTopic = sourceTopic
        self.rows = rows
        self.rejected = rejected
        self.offsets = offsets
        self.eventTimeMin = eventTimeMin
        self.eventTimeMax = eventTimeMax
        self.lowWatermark = lowWatermark
        self.days = days
        self.landedAt = landedAt
    }

    enum CodingKeys: String, CodingKey {
        case table, sourceTopic = "topic", rows, rejected, offsets, eventTimeMin, eventTimeMax, lowWatermark, days,
            landedAt
    }
}
