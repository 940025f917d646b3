import Kafka
import ServiceRuntime

extension SinkSession {
    /// Does what the settings want where too many messages became dead letters. What was landed stays landed.
    func heedDeadLetters() async throws {
        let findings = watch.takeFindings()
        guard !findings.isEmpty else { return }
        let stopped = watch.stopped.intersection(owned)
        if !stopped.isEmpty { try await consumer.pause(Array(stopped)) }
        for finding in findings {
            let name = finding.partition
            let text = "\(finding.rejected) of \(finding.messages) messages of \(name) became dead letters"
            meters.isOverLimit(name.topic)
            logger.error(
                "too many dead letters",
                metadata: [
                    "topic": "\(name.topic)", "partition": "\(name.partition)", "messages": "\(finding.messages)",
                    "rejected": "\(finding.rejected)", "action": "\(watch.limit.action.rawValue)",
                ])
            switch watch.limit.action {
            case .warn: break
            case .partition:
                health.deadLetters("\(text); the partition is stopped: mend its producer, then start this sink anew")
            case .service:
                health.deadLetters(text)
                throw ExitError(
                    .failed,
                    "\(text), more than SINK_DEAD_LETTER_SHARE_MAX. Look at `raw-sink dead-letters list`, mend the producer "
                        + "or the contract, then start again.")
            }
        }
    }
}
