// RawCapabilities: in what the raw sides of engines differ, as far as whoever lands messages has to know. Callers look here, and
// never at which engine it is.

/// What a warehouse's raw side can, and at what pace it is best asked.
public struct RawCapabilities: Sendable, Equatable {
    /// Whether it makes the role that reads (``RawWarehouse/prepareReader(role:password:contracts:)``). Elsewhere, who may read is
    /// decided where accounts are.
    public let makesReaders: Bool
    /// How long a batch waits for further messages when nobody says otherwise.
    public let batchWait: Duration
    /// Whether a batch that is a tenth full may as well land: a landing costs next to nothing.
    public let landsSmallBatches: Bool
    /// How often it is asked for what is still to be told. What is younger than twice that is left to whoever wrote it.
    public let outboxEvery: Duration
    /// How often it is told which partitions have nothing left: often enough for its low watermark.
    public let endsEvery: Duration
}
