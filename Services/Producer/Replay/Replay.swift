// Replay: the way of a file's records to a topic. Read, split, make events, send in windows, note how far.
// Always: the checkpoint is never ahead of what Kafka has acknowledged; a record is sent or rejected, never passed over.
import DataContract
import Foundation
import Kafka
import Logging
import ServiceLifecycle

/// The run of `producer replay`.
struct Replay: Service {
    let settings: ReplaySettings
    let contract: Contract
    let kafka: KafkaSettings
    let progress: ReplayProgress
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.replay() }
        } catch is CancellationError {
            logger.info(
                "replay stopped", metadata: ["hint": "run the same command again: it goes on from the checkpoint"])
        }
    }

    private func replay() async throws {
        let input = try InputFile(path: settings.file)
        let head = try await input.begin()
        let record = ReplayRecord(
            checkpoint: settings.checksOnly ? nil : settings.checkpoint, rejects: settings.rejects)
        let found = settings.restarts ? nil : try await record.checkpoint()
        var checkpoint = ReplayCheckpoint(fileHash: head.hash, fileSize: input.size, topic: contract.topic.name)
        if let found {
            guard found.fileHash == head.hash, found.fileSize == input.size, found.topic == checkpoint.topic else {
                throw ReplayError.otherFile(input.name, checkpoint: settings.checkpoint ?? "")
            }
            checkpoint = found
            logger.info("replay goes on", metadata: ["behind_record": "\(found.records)"])
        }
        guard !checkpoint.isFinished else {
            logger.info(
                "everything in the file was sent before",
                metadata: ["file": "\(input.name)", "hint": "--restart sends it again"])
            return
        }
        try await record.openRejects(anew: found == nil)
        let delivery = settings.checksOnly ? nil : try ReplayDelivery(kafka, logger: logger)
        var sender = ReplaySender(settings, delivery, record, checkpoint, progress)
        let failure: (any Error)?
        do {
            try await send(input, head, through: &sender, skipping: checkpoint.records)
            failure = nil
        } catch {
            failure = error
        }
        // Also after a failure: what is acknowledged meanwhile need not be sent again.
        let closing = sender
        let end = await Task { try await closing.finish(isComplete: failure == nil) }.result
        await delivery?.close()
        if let failure { throw failure }
        try summarize(try end.get())
    }

    private func send(
        _ input: InputFile, _ head: InputFile.Head, through sender: inout ReplaySender, skipping done: Int
    ) async throws {
        let format = settings.format ?? InputFormat(of: settings.file, head: head.plain)
        var splitter = RecordSplitter(format, name: input.name, delimiter: settings.delimiter)
        var maker = EventMaker(
            contract, settings.mapping, format: format, delimiter: settings.delimiter,
            messageBytesMax: settings.messageBytesMax)
        maker.shift = sender.checkpoint.shift
        var needsHeader = format == .csv
        var isLast = false
        while !isLast {
            if let piece = try await input.next() { splitter.append(piece) } else { isLast = true }
            progress.read(await input.bytesRead, of: input.size)
            while let record = try splitter.next(isLast: isLast) {
                if needsHeader {
                    needsHeader = false
                    do throws(EventMaker.Fault) {
                        try maker.takeHeader(record)
                    } catch {
                        throw ReplayError.header(input.name, error.detail)
                    }
                    continue
                }
                let number = format == .csv ? record.number - 1 : record.number
                guard number > done else { continue }
                try await take(record, number, &maker, &sender)
            }
            // What has come of a slow pipe does not wait for more.
            if input.size == nil || isLast { try await sender.dispatch() }
        }
    }

    private func take(
        _ record: SourceRecord, _ number: Int, _ maker: inout EventMaker, _ sender: inout ReplaySender
    ) async throws {
        let event: EventMaker.Event
        do throws(EventMaker.Fault) {
            event = try make(record, &maker, &sender)
        } catch {
            progress.rejected(record, error)
            return try await sender.take(RejectedRecord(record, error), number: number)
        }
        try await sender.take(event, number: number, topic: contract.topic.name)
    }

    private func make(
        _ record: SourceRecord, _ maker: inout EventMaker, _ sender: inout ReplaySender
    ) throws(EventMaker.Fault) -> EventMaker.Event {
        let event = try maker.event(of: record)
        // The first good event says by how much all are moved; a run that goes on has it from its checkpoint.
        guard let first = settings.time.first, maker.shift == 0, let time = event.time, first != time else {
            return event
        }
        maker.shift = first - time
        sender.checkpoint.shift = maker.shift
        return try maker.event(of: record)
    }

    private func summarize(_ checkpoint: ReplayCheckpoint) throws {
        let counts = progress.counts
        logger.info(
            settings.checksOnly ? "file checked" : "replay ended",
            metadata: [
                "topic": "\(contract.topic.name)", "records": "\(checkpoint.records)",
                "delivered": "\(checkpoint.delivered)", "rejected": "\(checkpoint.rejected)",
                "faults": "\(counts.faultText)",
            ])
        if checkpoint.rejected > 0, !settings.allowsRejects {
            let rules = counts.faultText.isEmpty ? "see the run before" : counts.faultText
            throw ReplayError.rejected(checkpoint.rejected, of: checkpoint.records, rules)
        }
    }
}
