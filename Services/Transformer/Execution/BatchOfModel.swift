import ModelProject
import Pipeline
import Planning

/// A stretch of a model to compute in one go.
struct BatchOfModel: Sendable {
    /// What templates see.
    let rendered: Interval
    /// What is new afterwards.
    let computed: IntervalSet
    /// The part that counts as done.
    let complete: IntervalSet
    /// The rows are there: whoever wrote them did not come to say so.
    var isWritten = false
}

/// What batches that are written together are for.
struct BatchGroup: Sendable {
    let batches: [BatchOfModel]
    let computed: IntervalSet
    let complete: IntervalSet
    let isWritten: Bool

    init(_ batches: [BatchOfModel]) {
        self.batches = batches
        computed = batches.reduce(IntervalSet()) { $0.union($1.computed) }
        complete = batches.reduce(IntervalSet()) { $0.union($1.complete) }
        isWritten = batches.allSatisfy(\.isWritten)
    }
}

extension ModelWork {
    /// One for each batch of an incremental model; one for the whole of any other.
    var batchesOfModel: [BatchOfModel] {
        if model.snapshot.definition.kind.options.isIncremental {
            return batches.map {
                BatchOfModel(rendered: $0, computed: IntervalSet([$0]), complete: missing.complete($0))
            }
        }
        guard let whole = Interval(from: .beginning, to: missing.completeUpTo) else { return [] }
        return [BatchOfModel(rendered: whole, computed: missing.due, complete: IntervalSet([whole]))]
    }

    /// The parts of `batches` that the table does not have yet, and those of which only the state does not know.
    /// - Parameter written: The times of which it has rows.
    func unwritten(_ batches: [BatchOfModel], besides written: IntervalSet) -> [BatchOfModel] {
        func part(_ interval: Interval, isWritten: Bool) -> BatchOfModel {
            BatchOfModel(
                rendered: interval, computed: IntervalSet([interval]), complete: missing.complete(interval),
                isWritten: isWritten)
        }
        return batches.flatMap { batch in
            let all = IntervalSet([batch.rendered])
            let there = all.intersection(written).intervals.map { part($0, isWritten: true) }
            let missing = all.subtracting(written).intervals.map { part($0, isWritten: false) }
            return (there + missing).sorted { $0.rendered < $1.rendered }
        }
    }
}
