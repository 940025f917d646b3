import ControlPlane
import Foundation
import TestKit
import Testing
import Timetable

@testable import Scheduler

@Suite("Acts under fire", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct ActKillTests {
    @Test("runs that are cancelled, cleared and marked while leaders are killed all end, each act once, none forgotten")
    func kill() async throws {
        let binary = SchedulerProcess.binary
        try #require(
            FileManager.default.isExecutableFile(atPath: binary), "build the product scheduler first: \(binary)")
        try await Harness.with({ $0.model == "b" && $0.attempt == 1 ? .fail(retriable: false) : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"], "c": ["b"], "d": []])
            @Sendable func below(_ limit: Int) -> Int { Int.random(in: 0..<limit) }
            try await harness.withFeed { changes in
                var process = try SchedulerProcess(harness)
                _ = try await harness.eventually(changes) { try? await harness.store.dag(harness.environment) }
                var ids: [String] = []
                var acts = 0
                for _ in 0..<6 {
                    ids.append(try await harness.trigger())
                    for _ in 0..<2 {
                        try await Task.sleep(for: .milliseconds(below(900)))
                        let act = RunAct.allCases[below(RunAct.allCases.count)]
                        let isRun = act == .cancel && below(2) == 0 || act == .clear
                        try await harness.act(
                            act, on: ids[below(ids.count)], models: isRun ? nil : [["a", "b", "c"][below(3)]])
                        acts += 1
                    }
                    process.kill()
                    process = try SchedulerProcess(harness)
                }
                // Once all is done that was asked for, what did not succeed is tried again until it does.
                for id in ids {
                    while true {
                        let run = try await harness.eventually(changes) {
                            let run = try await harness.store.run(id)
                            return try await harness.store.acts().values.isEmpty && run.run.state.isOver ? run : nil
                        }
                        if run.run.state == .succeeded { break }
                        try await harness.act(.clear, on: id)
                        acts += 1
                    }
                }
                var done = 0
                for id in ids {
                    let run = try await harness.store.run(id)
                    done += (run.audit?.count ?? 0) - 1
                    // A run ends as its last tasks do: one before them may have been passed over by a mark.
                    #expect(run.tasks.allSatisfy { $0.state.isOver })
                    #expect(run.tasks.filter { ["c", "d"].contains($0.model) }.allSatisfy { $0.state == .succeeded })
                    for task in run.tasks {
                        let attempts = run.attempts.filter { $0.task == task.task }.map(\.attempt)
                        #expect(attempts == Array(1..<(task.attempt + 1)), "\(task.model)")
                    }
                }
                #expect(done == acts, "each act has its line in a history")
                process.kill()
            }
            #expect(try await harness.setAsideHere().isEmpty)
            let asked = harness.transformer.commands.map { "\($0.task)#\($0.attempt)" }
            #expect(Set(asked).count == asked.count)
        }
    }
}
