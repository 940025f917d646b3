import DataContract
import TestKit
import Testing
import Warehouse

/// What raw-sink asks of an engine. What only one of them does (locks, conflicts, costs) is tested beside it.
@Suite("The raw side of every engine", .timeLimit(.minutes(20)))
struct RawWarehouseTests {
    private func failure(_ body: () async throws -> Void) async -> WarehouseError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? WarehouseError
        }
    }

    /// Runs `body` when the contract's table is there.
    private func withTable(_ engine: Engine, _ body: (RawPlace) async throws -> Void) async throws {
        try await withRaw(engine) { place in
            _ = try await place.warehouse.prepareRawTables(for: [place.contract])
            try await body(place)
        }
    }

    @Test("makes a table once, says before what it would do, and lets it grow", arguments: Engine.available)
    func tables(engine: Engine) async throws {
        try await withRaw(engine) { place in
            let (warehouse, contract) = (place.warehouse, place.contract)
            let plan = try await warehouse.planRawTables(for: [contract])
            #expect(plan.map(\.steps) == [[.create]] && plan.map(\.table) == ["\(contract.table)"])
            #expect(try await warehouse.missingRights(for: [contract]).contains { $0.contains("raw-sink init") })
            #expect(try await warehouse.prepareRawTables(for: [contract]) == ["created \(contract.table)"])
            #expect(try await warehouse.prepareRawTables(for: [contract]) == [])
            #expect(try await warehouse.planRawTables(for: [contract]).allSatisfy(\.isDone))
            #expect(try await warehouse.missingRights(for: [contract]) == [])
            let grown = place.contract(contract.properties + [Property(name: "note", logicalType: .string)])
            let steps = try await warehouse.planRawTables(for: [grown]).flatMap(\.steps).map(\.description)
            #expect(steps.map { $0.lowercased() } == [engine == .postgres ? "add note text" : "add note string"])
            #expect(try await warehouse.prepareRawTables(for: [grown]) == ["added \(contract.table).note"])
            #expect(try await warehouse.prepareRawTables(for: [grown]) == [])
            // What would lose data is told, and nothing is done of it.
            let other = place.contract([
                Property(name: "id", logicalType: .boolean, isRequired: true),
                Property(name: "at", logicalType: .timestamp, isRequired: true),
            ])
            #expect(try await warehouse.planRawTables(for: [other]).map(\.differences.count) == [1])
            let error = await failure { _ = try await warehouse.prepareRawTables(for: [other]) }
            guard case .incompatibleTable(let table, let differences) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(table == "\(contract.table)" && differences.count == 1 && differences[0].contains("column id"))
            #expect(try await warehouse.prepareRawTables(for: [grown]) == [])
        }
    }

    @Test("lands rows, dead letters, position and landing together", arguments: Engine.available)
    func landing(engine: Engine) async throws {
        try await withTable(engine) { place in
            let (warehouse, topic) = (place.warehouse, place.contract.topic.name)
            #expect(try await warehouse.sinkPositions(of: topic) == [:])
            let batch = place.batch(
                [RawPlace.message("a"), "no json", RawPlace.message("b")], expected: nil, first: 5)
            let landing = try await warehouse.append(batch)
            #expect(landing.rows == 2 && landing.rejected == 1 && landing.duplicates == 0)
            #expect(landing.offsets == [.init(partition: 0, first: 5, next: 8)] && landing.days == ["2026-11-23"])
            #expect(landing.eventTimeMin == RawPlace.now && landing.lowWatermark == RawPlace.now)
            #expect(try await warehouse.sinkPositions(of: topic) == [0: 8])
            #expect(try await place.landed() == ["0/5 a", "0/7 b"])
            #expect(try await warehouse.deadLetters(.init(topic: topic), limit: 10) == batch.deadLetters)
            #expect(try await warehouse.unpublishedLandings(of: topic, age: .zero, limit: 10) == [landing])
            for wrong in [nil, 7, 9] as [Int64?] {
                let error = await failure {
                    _ = try await warehouse.append(place.batch([RawPlace.message("x")], expected: wrong, first: 8))
                }
                #expect(error == .fenced(topic: topic, partitions: [0]))
            }
            _ = try await warehouse.append(place.batch([RawPlace.message("c")], partition: 1, expected: nil))
            #expect(try await warehouse.sinkPositions(of: topic) == [0: 8, 1: 1])
            #expect(try await place.landed() == ["0/5 a", "0/7 b", "1/0 c"])
        }
    }

    @Test("a table that is gone is told by name, and nothing lands", arguments: Engine.available)
    func gone(engine: Engine) async throws {
        try await withTable(engine) { place in
            let table = Contract.TableName(schema: "raw", name: "\(place.contract.table.name)_gone")
            let contract = place.contract(place.contract.properties, table: table)
            let batch = place.batch([RawPlace.message("a")], expected: nil, under: contract)
            let error = await failure { _ = try await place.warehouse.append(batch) }
            #expect(error == .tableMissing("\(table)"))
            let positions = try await place.warehouse.sinkPositions(of: contract.topic.name)
            #expect(positions.isEmpty)
        }
    }

    /// BigQuery's emulator takes a new column into its catalogue, and not into the table.
    @Test(
        "a table that lacks a column of the contract gets it in passing",
        arguments: Engine.available.filter { $0 == .postgres })
    func drifted(engine: Engine) async throws {
        try await withTable(engine) { place in
            let grown = place.contract(place.contract.properties + [Property(name: "note", logicalType: .string)])
            let message = #"{"id":"a","at":"2026-11-23T10:00:00Z","note":"new"}"#
            _ = try await place.warehouse.append(place.batch([message], expected: nil, under: grown))
            #expect(try await place.texts("SELECT note FROM \(place.contract.table)") == ["new"])
            // A sink that has still the older contract goes on, too.
            _ = try await place.warehouse.append(place.batch([RawPlace.message("b")], expected: 1))
            #expect(try await place.landed() == ["0/0 a", "0/1 b"])
        }
    }

    @Test("what was told is not told again, and pages end where their bytes do", arguments: Engine.available)
    func outbox(engine: Engine) async throws {
        try await withTable(engine) { place in
            let (warehouse, topic) = (place.warehouse, place.contract.topic.name)
            let one = try await warehouse.append(place.batch([RawPlace.message("a")], expected: nil))
            let two = try await warehouse.append(place.batch([RawPlace.message("b")], expected: 1))
            func unpublished(age: Duration = .zero) async throws -> [Int64] {
                try await warehouse.unpublishedLandings(of: topic, age: age, limit: 10).map(\.id)
            }
            #expect(try await unpublished() == [one.id, two.id])
            #expect(try await unpublished(age: .seconds(3_600)) == [])
            #expect(try await warehouse.unpublishedLandings(of: topic, age: .zero, limit: 1).map(\.id) == [one.id])
            for _ in 1...2 { try await warehouse.markPublished([one.id], keeping: .seconds(3_600)) }
            #expect(try await unpublished() == [two.id])
            try await warehouse.markPublished([], keeping: .seconds(3_600))
            #expect(try await unpublished() == [two.id])
            _ = try await warehouse.append(place.batch((0..<6).map { "bad \($0)" }, expected: 2))
            func unmirrored(_ limit: Int = 10, bytes: Int = 1 << 20) async throws -> [Int64] {
                try await warehouse.unmirroredDeadLetters(of: topic, age: .zero, limit: limit, bytesMax: bytes)
                    .map(\.position.offset)
            }
            #expect(try await unmirrored() == [2, 3, 4, 5, 6, 7])
            #expect(try await unmirrored(2) == [2, 3])
            #expect(try await unmirrored(bytes: 15) == [2, 3, 4])
            #expect(try await unmirrored(bytes: 0) == [2], "a page has one letter at least")
            try await warehouse.markMirrored(
                [2, 4].map { DeadLetter.Position(topic: topic, partition: 0, offset: $0) })
            try await warehouse.markMirrored([])
            #expect(try await unmirrored() == [3, 5, 6, 7])
        }
    }

    @Test("dead letters are found by what is known of them", arguments: Engine.available)
    func filters(engine: Engine) async throws {
        try await withTable(engine) { place in
            let batch = place.batch(["x", "x", "x", #"{"id":"a"}"#, "x"], expected: nil)
            _ = try await place.warehouse.append(batch)
            let letters = batch.deadLetters
            func offsets(_ change: (inout DeadLetterFilter) -> Void) async throws -> [Int64] {
                var filter = DeadLetterFilter(topic: place.contract.topic.name)
                change(&filter)
                return try await place.warehouse.deadLetters(filter, after: nil, limit: 10).map(\.position.offset)
            }
            #expect(try await offsets { _ in } == [0, 1, 2, 3, 4])
            #expect(try await offsets { $0.reason = "missing_field" } == [3])
            #expect(try await offsets { $0.field = "at" } == [3])
            #expect(try await offsets { $0.offsets = 1...2 } == [1, 2])
            #expect(try await offsets { $0.table = "raw.other" } == [])
            #expect(try await offsets { $0.partition = 1 } == [])
            #expect(try await offsets { $0.failedFrom = letters[3].failedAt } == [3, 4])
            #expect(try await offsets { $0.failedTo = letters[1].failedAt } == [0])
            let filter = DeadLetterFilter(topic: place.contract.topic.name)
            let page = try await place.warehouse.deadLetters(filter, after: letters[1].position, limit: 2)
            #expect(page == Array(letters[2...3]))
            let latest = try await place.warehouse.deadLetters(filter, limit: 2)
            #expect(latest == [letters[4], letters[3]])
        }
    }

    @Test(
        "dead letters that meet the contract now are rows; the others keep their attempts", arguments: Engine.available)
    func redriving(engine: Engine) async throws {
        try await withTable(engine) { place in
            let (warehouse, topic) = (place.warehouse, place.contract.topic.name)
            let strict = place.contract(
                place.contract.properties + [Property(name: "note", logicalType: .string, isRequired: true)])
            _ = try await warehouse.append(
                place.batch(
                    [RawPlace.message("a"), "no json", RawPlace.message("b"), RawPlace.message("c")], expected: nil,
                    under: strict))
            #expect(try await place.landed() == [])
            let first = try await warehouse.redrive(.init(), under: place.contract, after: nil, limit: 3)
            #expect(first.landed == 2 && first.failed.map(\.position.offset) == [1] && first.duplicates == 0)
            #expect(first.last == .init(topic: topic, partition: 0, offset: 2))
            let second = try await warehouse.redrive(.init(), under: place.contract, after: first.last, limit: 3)
            #expect(second.landed == 1 && second.failed.isEmpty)
            let end = try await warehouse.redrive(.init(), under: place.contract, after: second.last, limit: 3)
            #expect(end == RedrivenPage())
            #expect(try await place.landed() == ["0/0 a", "0/2 b", "0/3 c"])
            let left = try await warehouse.deadLetters(.init(topic: topic), limit: 10)
            #expect(left == first.failed && left.first?.attempts == 2 && left.first?.history.count == 1)
            #expect(try await warehouse.sinkPositions(of: topic) == [0: 4])
            let landings = try await warehouse.unpublishedLandings(of: topic, age: .zero, limit: 10)
            #expect(landings.map(\.rows) == [0, 2, 1])
            #expect(
                landings.dropFirst().first?.offsets == [
                    .init(partition: 0, first: 0, next: 1), .init(partition: 0, first: 2, next: 3),
                ])
        }
    }

    @Test("many who try the same letters again make each of them a row once", arguments: Engine.available)
    func redrivingTogether(engine: Engine) async throws {
        try await withTable(engine) { place in
            let strict = place.contract(
                place.contract.properties + [Property(name: "note", logicalType: .string, isRequired: true)])
            let messages = (0..<24).map { RawPlace.message("\($0)") }
            _ = try await place.warehouse.append(place.batch(messages, expected: nil, under: strict))
            let landed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        var (landed, last) = (0, DeadLetter.Position?.none)
                        repeat {
                            let page = try await place.warehouse.redrive(
                                .init(), under: place.contract, after: last, limit: 10)
                            landed += page.landed
                            last = page.last
                        } while last != nil
                        return landed
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(landed == 24)
            #expect(try await place.landed() == (0..<24).map { "0/\($0) \($0)" })
            #expect(try await place.warehouse.deadLetters(.init(topic: place.contract.topic.name), limit: 1) == [])
        }
    }

    @Test("offsets that are missing are found, and filled once however many fill", arguments: Engine.available)
    func filling(engine: Engine) async throws {
        try await withTable(engine) { place in
            let (warehouse, contract) = (place.warehouse, place.contract)
            let there = [RawPlace.message("0"), RawPlace.message("1"), "bad", RawPlace.message("3")]
            _ = try await warehouse.append(place.batch(there, expected: nil, next: 10))
            func missing() async throws -> [Range<Int64>] {
                try await warehouse.missingOffsets(of: contract, partition: 0, in: 0..<10)
            }
            #expect(try await missing() == [4..<10])
            #expect(try await warehouse.missingOffsets(of: contract, partition: 1, in: 2..<4) == [2..<4])
            #expect(try await warehouse.landedCount(of: contract, partition: 0, in: 1..<10) == 3)
            let whole = (0..<10).map { $0 == 2 || $0 == 7 ? "bad" : RawPlace.message("\($0)") }
            let filled = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 {
                    let batch = place.batch(whole, expected: nil)
                    group.addTask { try await warehouse.fill(batch) }
                }
                return try await group.reduce(0, +)
            }
            #expect(filled == 5)
            #expect(try await missing() == [])
            #expect(try await place.landed().count == 8)
            let letters = try await warehouse.deadLetters(.init(topic: contract.topic.name), limit: 10)
            #expect(letters.map(\.position.offset).sorted() == [2, 7])
            #expect(try await warehouse.unpublishedLandings(of: contract.topic.name, age: .zero, limit: 9).count == 2)
            #expect(try await warehouse.sinkPositions(of: contract.topic.name) == [0: 10])
        }
    }

    @Test("a replay into another table goes on where it was, and one of two is fenced off", arguments: Engine.available)
    func replaying(engine: Engine) async throws {
        try await withTable(engine) { place in
            let (warehouse, topic) = (place.warehouse, place.contract.topic.name)
            let table = Contract.TableName(schema: "raw", name: "\(place.contract.table.name)_again")
            let copy = place.contract.copied(to: table)
            #expect(try await warehouse.replayPositions(of: topic, into: table) == [:])
            _ = try await warehouse.prepareRawTables(for: [copy])
            let first = place.batch([RawPlace.message("a"), "bad"], expected: nil, under: copy)
            try await warehouse.appendReplayed(first)
            #expect(try await warehouse.replayPositions(of: topic, into: table) == [0: 2])
            let again = await failure { try await warehouse.appendReplayed(first) }
            #expect(again == .fenced(topic: topic, partitions: [0]))
            let outcomes = await withTaskGroup(of: WarehouseError?.self) { group in
                for _ in 0..<3 {
                    let batch = place.batch([RawPlace.message("b")], expected: 2, under: copy)
                    group.addTask { await failure { try await warehouse.appendReplayed(batch) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == nil } == 1)
            #expect(outcomes.count { $0 == .fenced(topic: topic, partitions: [0]) } == 2)
            #expect(try await warehouse.replayPositions(of: topic, into: table) == [0: 3])
            #expect(try await place.texts("SELECT id FROM \(table) ORDER BY id") == ["a", "b"])
            #expect(try await warehouse.sinkPositions(of: topic) == [:])
            #expect(try await warehouse.deadLetters(.init(topic: topic), limit: 1) == [])
        }
    }

    @Test(
        "a position moves by hand from where it is, and letters of a topic made anew make way",
        arguments: Engine.available)
    func moving(engine: Engine) async throws {
        try await withTable(engine) { place in
            let (warehouse, topic) = (place.warehouse, place.contract.topic.name)
            _ = try await warehouse.append(
                place.batch(["bad", "bad", RawPlace.message("a"), "bad"], expected: nil))
            let error = await failure {
                try await warehouse.moveSinkPosition(of: topic, partition: 0, from: 3, to: 1)
            }
            #expect(error == .fenced(topic: topic, partitions: [0]))
            #expect(try await warehouse.sinkPositions(of: topic) == [0: 4])
            try await warehouse.moveSinkPosition(of: topic, partition: 0, from: 4, to: 1)
            #expect(try await warehouse.sinkPositions(of: topic) == [0: 1])
            let letters = try await warehouse.deadLetters(.init(topic: topic), after: nil, limit: 10)
            #expect(letters.map(\.position.offset) == [-2, -1, 0])
            _ = try await warehouse.append(place.batch(["bad"], expected: 1))
            try await warehouse.noteEnds(of: topic, at: [0: 2, 1: 7])
            try await warehouse.noteEnds(of: topic, at: [:])
            #expect(try await warehouse.sinkPositions(of: topic) == [0: 2])
        }
    }

    @Test("maintenance does what retention asks for, and the second time nothing", arguments: Engine.available)
    func maintenance(engine: Engine) async throws {
        try await withRaw(engine) { place in
            let kept = place.contract(place.contract.properties, retention: .seconds(30 * 86_400))
            _ = try await place.warehouse.prepareRawTables(for: [kept])
            #expect(try await place.warehouse.maintainRawTables(of: [kept]) == [])
            _ = try await place.warehouse.append(place.batch([RawPlace.message("a")], expected: nil, under: kept))
            #expect(try await place.warehouse.maintainRawTables(of: [kept]) == [])
            #expect(try await place.landed() == ["0/0 a"])
        }
    }
}
