// LISTEN and NOTIFY: short messages between sessions of a database.
import CLibpq
import Foundation

/// A message that a session sent with NOTIFY.
public struct PostgresNotification: Sendable, Equatable {
    /// The channel it was sent to.
    public let channel: String
    /// What was sent with it; empty where nothing was.
    public let payload: String
    /// The process that serves the sender's session.
    public let senderPID: Int32
}

extension PostgresConnection {
    /// Subscribes to a channel. Messages sent from now on are kept until `nextNotification` takes them.
    public func listen(to channel: String) async throws(PostgresError) {
        try await query("LISTEN \(identifier: channel)")
    }

    /// Sends a message to every session that listens; it goes out when the transaction commits.
    public func notify(_ channel: String, payload: String = "") async throws(PostgresError) {
        try await query("SELECT pg_notify(\(channel), \(payload))")
    }

    /// The next message of any channel listened to, waited for as long as it takes. Use a connection of its own for
    /// this: it answers nothing else meanwhile.
    /// - Throws: `.cancelled` when the task is cancelled (the connection stays good), `.connectionLost`.
    public func nextNotification() async throws(PostgresError) -> PostgresNotification {
        while true {
            if let notification = try await nextNotification(until: nil) { return notification }
        }
    }

    /// The next message of any channel listened to; nil when none came within `waitMax`.
    public func nextNotification(waitMax: Duration) async throws(PostgresError) -> PostgresNotification? {
        try await nextNotification(until: .now + waitMax)
    }

    private func nextNotification(
        until deadline: ContinuousClock.Instant?
    ) async throws(PostgresError) -> PostgresNotification? {
        try settle()
        let bell = try Bell()
        let outcome: Result<PostgresNotification?, PostgresError> = await withTaskCancellationHandler {
            self.preconditionIsolated()
            do throws(PostgresError) { return .success(try self.wait(bell, deadline)) } catch { return .failure(error) }
        } onCancel: {
            bell.ring()
        }
        return try outcome.get()
    }

    private func wait(_ bell: Bell, _ deadline: ContinuousClock.Instant?) throws(PostgresError) -> PostgresNotification?
    {
        try withHandle { (raw) throws(PostgresError) in
            while true {
                guard PQconsumeInput(raw) == 1 else { throw self.lost(raw) }
                if let notification = PQnotifies(raw) {
                    defer { PQfreemem(notification) }
                    return PostgresNotification(
                        channel: String(cString: notification.pointee.relname),
                        payload: String(cString: notification.pointee.extra), senderPID: notification.pointee.be_pid)
                }
                guard !Task.isCancelled else { throw PostgresError(.cancelled, "The task was cancelled") }
                var milliseconds: Int32 = -1
                if let deadline {
                    let left = deadline - .now
                    if left <= .zero { return nil }
                    milliseconds = Int32(clamping: left.milliseconds)
                }
                var sources = [
                    pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0),
                    pollfd(fd: bell.reading, events: Int16(POLLIN), revents: 0),
                ]
                if poll(&sources, 2, milliseconds) < 0, errno != EINTR {
                    throw PostgresError(
                        .connectionLost, "Lost \(self.address): waiting on its socket failed (\(errno))")
                }
            }
        }
    }
}

/// Wakes a thread that waits in `poll`. Rings at most once; a pipe's buffer holds it, so ringing never blocks.
private final class Bell: Sendable {
    let reading: Int32
    private let writing: Int32

    init() throws(PostgresError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw PostgresError(.invalidUse, "No file descriptors are left for waiting on notifications (\(errno))")
        }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    func ring() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }
}
