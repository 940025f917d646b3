// WarehouseEngine: all that Millrace asks of a warehouse. Small on purpose: each engine does it with the means made for it.
import DataContract
import SQL

/// A warehouse.
public protocol WarehouseEngine: RawWarehouse, ModelWarehouse, ReadableWarehouse {}

/// What does not depend on what is asked of it.
public protocol WarehouseAccess: Sendable {
    /// The dialect of the SQL that it runs.
    var dialect: SQLDialect { get }

    /// Whether it answers now.
    func isHealthy() async -> Bool

    /// Lets go of every connection.
    func close() async
}

/// The raw side: where raw-sink lands messages.
public protocol RawWarehouse: WarehouseAccess {
    /// What it can, and how often it likes to be asked.
    var rawCapabilities: RawCapabilities { get }

    /// What separates each contract's table from it. Changes nothing.
    func planRawTables(for contracts: [Contract]) async throws(WarehouseError) -> [RawTablePlan]

    /// Makes the bookkeeping tables and each contract's table; adds columns that a contract has gained. Running it again
    /// changes nothing.
    /// - Parameter allowingRewrite: Whether a table with rows may be written anew, which locks its readers out.
    /// - Returns: What was done, a line each.
    /// - Throws: `.incompatibleTable`: nothing was changed. `.busy` when others keep a table locked.
    func prepareRawTables(
        for contracts: [Contract], allowingRewrite: Bool
    ) async throws(WarehouseError) -> [String]

    /// What whoever asks may not do and a sink must, a line each; tables that are missing, too.
    func missingRights(for contracts: [Contract]) async throws(WarehouseError) -> [String]

    /// Makes the role that may read the contracts' tables and nothing else, or sets its password. Only where
    /// ``RawCapabilities/makesReaders`` says so.
    func prepareReader(role: String, password: String?, contracts: [Contract]) async throws(WarehouseError)

    /// The next offset to land of each partition that has ever been landed.
    func sinkPositions(of topic: String) async throws(WarehouseError) -> [Int32: Int64]

    /// Notes that Kafka has nothing behind these positions now. A partition of which this was noted lately, and that has
    /// got nothing for a minute, holds no low watermark back. Positions that are others meanwhile are passed over.
    func noteEnds(of topic: String, at positions: [Int32: Int64]) async throws(WarehouseError)

    /// How many messages of these offsets are there, as rows or as dead letters. Reads the whole table once.
    func landedCount(
        of contract: Contract, partition: Int32, in range: Range<Int64>
    ) async throws(WarehouseError) -> Int

    /// Moves a position by hand. Dead letters with offsets from `next` on make way, as they could only be of another topic of
    /// that name: they get offsets below zero.
    /// - Throws: `.fenced` when it is not at `from` any more.
    func moveSinkPosition(of topic: String, partition: Int32, from: Int64, to next: Int64) async throws(WarehouseError)

    /// Writes a batch: its rows, its dead letters, the new positions and the landing, all in one transaction, or nothing.
    /// - Throws: `.fenced`, `.rowRefused`, `.connectionLost` (whether it took effect is not known: read the positions).
    func append(_ batch: RawBatch) async throws(WarehouseError) -> Landing

    /// Landings whose `data.landed` has not been marked as published, oldest first.
    /// - Parameter age: How long ago they were written at least: younger ones are still being told of by who wrote them.
    func unpublishedLandings(
        of topic: String, age: Duration, limit: Int
    ) async throws(WarehouseError) -> [Landing]

    /// Notes that these landings were published; forgets those published longer ago than `keeping`.
    func markPublished(_ landings: [Int64], keeping: Duration) async throws(WarehouseError)

    /// Dead letters, the latest first.
    func deadLetters(_ filter: DeadLetterFilter, limit: Int) async throws(WarehouseError) -> [DeadLetter]

    /// Dead letters by position, those behind `after`: to go through all of them, a page at a time.
    func deadLetters(
        _ filter: DeadLetterFilter, after: DeadLetter.Position?, limit: Int
    ) async throws(WarehouseError) -> [DeadLetter]

    /// Tries a page of a topic's dead letters again, in one transaction: what meets the contract now becomes a row, with
    /// the position that it had, and is a dead letter no more; of the rest the attempt is noted. Letters that another
    /// redrive has in hand are passed over.
    func redrive(
        _ filter: DeadLetterFilter, under contract: Contract, after: DeadLetter.Position?, limit: Int
    ) async throws(WarehouseError) -> RedrivenPage

    /// Offsets of `range` of which the table has no row, nor the dead letters a message. Reads the whole table once.
    func missingOffsets(
        of contract: Contract, partition: Int32, in range: Range<Int64>
    ) async throws(WarehouseError) -> [Range<Int64>]

    /// Writes those rows and dead letters of a batch whose positions are not there, in one transaction; positions of the
    /// sink stay. Two that fill the same topic come one after the other.
    /// - Returns: Rows written.
    func fill(_ batch: RawBatch) async throws(WarehouseError) -> Int

    /// How far the replay of a topic into a table is, by partition.
    func replayPositions(
        of topic: String, into table: Contract.TableName
    ) async throws(WarehouseError) -> [Int32: Int64]

    /// Writes a batch's rows into the contract's table, and how far the replay is, in one transaction. Its dead letters
    /// are left out.
    /// - Throws: `.fenced` when another replay has moved on meanwhile: nothing was written.
    func appendReplayed(_ batch: RawBatch) async throws(WarehouseError)

    /// Makes partitions ahead, drops those whose rows are older than their contract keeps them, forgets ids that no
    /// window needs. Readers are not locked out. Does nothing while another one does it.
    /// - Returns: What was done, a line each.
    func maintainRawTables(of contracts: [Contract]) async throws(WarehouseError) -> [String]

    /// Dead letters whose copy in Kafka has not been marked as sent, by position.
    /// - Parameters:
    ///   - age: How long ago they failed at least.
    ///   - bytesMax: Of their values together; one letter comes even if it is larger.
    func unmirroredDeadLetters(
        of topic: String, age: Duration, limit: Int, bytesMax: Int
    ) async throws(WarehouseError) -> [DeadLetter]

    /// Notes that these dead letters were sent to their Kafka topic.
    func markMirrored(_ letters: [DeadLetter.Position]) async throws(WarehouseError)
}

extension RawWarehouse {
    /// Without rewriting a table that has rows.
    public func prepareRawTables(for contracts: [Contract]) async throws(WarehouseError) -> [String] {
        try await prepareRawTables(for: contracts, allowingRewrite: false)
    }
}

/// The read side: what bi-api asks. An engine made for it connects as a role that can do no more.
public protocol ReadableWarehouse: Sendable {
    /// Runs one query in a read-only transaction and hands its rows to `body` as they come. What is not read is not
    /// computed; cancelling the task ends the query in the warehouse.
    func read<R: Sendable>(
        _ query: ReadQuery, _ body: @Sendable (ReadResult) async throws -> R
    ) async throws -> R

    /// What the query would cost, without running it.
    func estimate(_ sql: String) async throws(WarehouseError) -> QueryEstimate

    /// Every relation that this role may read, with its columns.
    func catalogue() async throws(WarehouseError) -> [RelationDescription]
}
