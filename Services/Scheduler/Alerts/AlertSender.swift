// AlertSender: sends alerts that were written with what they tell of. Those that go out together are first marked as one
// batch: after a crash the same batch is sent again under the same id, and neither more nor less.
import ControlPlane
import Curl
import Foundation
import Logging
import ServiceRuntime
import Synchronization
import Timetable

final class AlertSender: Sendable {
    private let parts: ExecutorParts
    private let now: @Sendable () -> Date
    private let known = Mutex<AlertRules?>(nil)
    private let changed: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    static let triesMax = 8
    private static let pauseFirst: Double = 5
    private static let pauseMax: Double = 300
    private static let roundingMax: Double = 0.001
    /// No longer without a look, should the clock on the wall be set.
    private static let sleepMax: Double = 60

    init(_ parts: ExecutorParts, now: @escaping @Sendable () -> Date) {
        self.parts = parts
        self.now = now
        (changed, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What `alerts.yaml` says now. Nothing is sent before the first time.
    func take(_ rules: AlertRules) {
        known.withLock { $0 = rules }
        wake.yield()
    }

    /// Alerts were written.
    func look() { wake.yield() }

    /// Until cancelled.
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await change in self.parts.changes.subscribe()
                where change.map({ $0.dag == StateChange.Notice.alerts }) ?? true { self.wake.yield() }
            }
            let trouble = TroubleLog("alerts not sent at the moment", logger: parts.logger)
            var timer: Task<Void, Never>?
            wake.yield()
            for await _ in changed {
                guard let rules = known.withLock({ $0 }) else { continue }
                var next: Date? = now().addingTimeInterval(Self.pauseFirst)
                do {
                    next = try await sendDue(rules)
                    trouble.over()
                } catch {
                    trouble.note(error)
                }
                timer?.cancel()
                guard let next, !Task.isCancelled else { continue }
                let pause = min(max(Self.roundingMax, next.timeIntervalSince(now())), Self.sleepMax)
                // Not a child: it holds nothing but the bell, and is cancelled with the next look.
                timer = Task { [wake] in
                    guard (try? await Task.sleep(for: .seconds(pause))) != nil else { return }  // cancelled
                    wake.yield()
                }
            }
            timer?.cancel()
            group.cancelAll()
        }
    }

    /// - Returns: When there is something to send next.
    private func sendDue(_ rules: AlertRules) async throws -> Date? {
        let silences = try await parts.store.silences(at: now())
        let waiting = try await parts.store.waitingAlerts()
        var next: Date?
        for (name, alerts) in Dictionary(grouping: waiting, by: \.channel).sorted(by: { $0.key < $1.key }) {
            let (quiet, loud) = alerts.reduce(into: ([AlertRecord](), [AlertRecord]())) { parts, alert in
                let silence = alert.event == .test ? nil : silences.first { $0.means(alert) }
                if silence == nil { parts.1.append(alert) } else { parts.0.append(alert) }
            }
            try await end(quiet, .silenced, reason: "silenced")
            guard let channel = rules.channel(name) else {
                try await end(loud, .failed, reason: "there is no channel `\(name)` in \(AlertReader.file)")
                continue
            }
            // Those that were begun to be sent go again as they were; the others together, when the first has waited enough.
            let batches = Dictionary(grouping: loud.filter { $0.batch != nil }) { $0.batch ?? "" }
            for (_, batch) in batches.sorted(by: { $0.key < $1.key }) {
                next = earlier(next, try await sendIfDue(batch, channel))
            }
            next = earlier(next, try await sendIfDue(loud.filter { $0.batch == nil }, channel))
        }
        return next
    }

    private func earlier(_ one: Date?, _ other: Date?) -> Date? { [one, other].compactMap(\.self).min() }

    private func sendIfDue(_ alerts: [AlertRecord], _ channel: AlertChannel) async throws -> Date? {
        guard let due = alerts.map(\.nextAt).min() else { return nil }
        // What is stored is rounded to microseconds, up as well as down.
        guard due.timeIntervalSince(now()) <= Self.roundingMax else { return due }
        var batch = alerts
        let id = alerts.first?.batch ?? UUIDv7.make(at: now()).text
        for place in batch.indices { batch[place].batch = id }
        try await parts.store.update(batch)
        do {
            try await send(batch, id, channel)
            try await end(batch, .sent, reason: nil)
            return nil
        } catch let error where !(error is CancellationError) && !Task.isCancelled {
            let failure = TaskFailure(error)
            let tries = (batch.map(\.tries).max() ?? 0) + 1
            for place in batch.indices {
                batch[place].tries = tries
                batch[place].reason = failure.message
                batch[place].nextAt = now().addingTimeInterval(
                    min(Self.pauseMax, Self.pauseFirst * pow(2, Double(tries - 1))))
            }
            guard failure.isRetriable, tries < Self.triesMax else {
                parts.logger.error(
                    "alert not sent", metadata: ["channel": "\(channel.name)", "error": "\(failure.message)"])
                try await end(batch, .failed, reason: failure.message)
                return nil
            }
            try await parts.store.update(batch)
            return batch.map(\.nextAt).min()
        }
    }

    private func end(_ alerts: [AlertRecord], _ state: AlertRecord.State, reason: String?) async throws {
        guard !alerts.isEmpty else { return }
        try await parts.store.update(
            alerts.map { alert in
                var alert = alert
                (alert.state, alert.endedAt, alert.reason) = (state, now(), reason)
                return alert
            })
    }

    private func send(_ alerts: [AlertRecord], _ id: String, _ channel: AlertChannel) async throws {
        if let webhook = channel.webhook {
            let url = try webhook.url ?? parts.settings.secret(webhook.secret ?? "")
            guard AlertReader.isAddress(url) else {
                throw TaskFailed(
                    "secret", "The secret `\(webhook.secret ?? "")` is no http(s) address.", isRetriable: false)
            }
            let body = try AlertText.chat(alerts)
            var headers: [(name: String, value: String)] = [
                ("User-Agent", "millrace-scheduler"), ("Content-Type", "application/json"), ("Idempotency-Key", id),
            ]
            if let sign = webhook.sign {
                headers.append(WebhookSignature.header(body, secret: try parts.settings.secret(sign), at: now()))
            }
            var request = OutgoingRequest("POST", url, headers: headers, body: .bytes(body), isIdempotent: false)
            request.limits.totalMax = .seconds(30)
            request.limits.responseBytesMax = 1 << 20
            let response = try await parts.http.send(request)
            guard (200..<300).contains(response.status) else {
                throw TaskFailed(
                    "http_\(response.status)", "The webhook answered with \(response.status).",
                    isRetriable: response.status >= 500 || [408, 425, 429].contains(response.status))
            }
            return
        }
        guard let server = parts.settings.mail else {
            throw TaskFailed("no_mail_server", "Set SCHEDULER_SMTP_HOST and SCHEDULER_SMTP_FROM.", isRetriable: false)
        }
        let mail = Mail(
            from: server.from, to: try channel.email.map { (address) throws(CurlError) in try MailAddress(address) },
            subject: AlertText.subject(alerts), text: AlertText.text(alerts), html: AlertText.html(alerts),
            headers: [("Auto-Submitted", "auto-generated")], id: id)
        try await parts.http.send(mail, through: server.server)
    }
}
