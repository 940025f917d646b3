// ServerSentEvents: an answer that goes on as long as there is news and somebody listening.
// Always: it ends when the service stops, when the session that asked for it has ended, when the client is gone, and when
// the client is too slow to keep up (it connects again by itself and reads the state anew). What waits to be written is
// bounded, and so are the streams of a user and of all together.
import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle

/// One event of a stream.
public struct ServerSentEvent: Sendable, Equatable {
    /// Comes back as `Last-Event-ID` when the client connects again.
    public var id: String?
    /// The event's name; `message` when left out.
    public var name: String?
    public var data: String

    public init(id: String? = nil, name: String? = nil, data: String) {
        self.id = id
        self.name = name
        self.data = data
    }

    /// The event as it goes over the wire. Line ends in `data` become several lines of data; in names they are dropped,
    /// so that no value can begin a field of its own.
    var text: String {
        func oneLine(_ text: String) -> String { text.filter { !$0.isNewline && $0 != "\0" } }
        var lines = ""
        if let id { lines += "id: \(oneLine(id))\n" }
        if let name { lines += "event: \(oneLine(name))\n" }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            lines += "data: \(line)\n"
        }
        return lines + "\n"
    }
}

extension Response {
    /// How many events may wait for one client.
    private static let waitingMax = 256

    /// Streams `events` to the client.
    /// - Parameters:
    ///   - events: Ends the answer when it ends. It is cancelled when the client leaves or the service stops.
    ///   - heartbeat: How often a comment is sent when nothing else is, so that proxies keep the connection and a lost
    ///     client is noticed; and how often the session is looked at.
    /// - Throws: ``Problem`` 429 when the user has too many streams open already.
    public static func events<Events: AsyncSequence & Sendable>(
        _ events: Events, for request: Request, in context: WebContext, heartbeat: Duration = .seconds(15)
    ) throws(Problem) -> Response where Events.Element == ServerSentEvent {
        let place = try context.streams?.take(for: context.principal?.subject ?? context.client)
        let stands = context.sessionStands
        let body = ResponseBody { writer in
            defer { place?.giveBack() }
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                let (chunks, source) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(waitingMax))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        defer { source.finish() }
                        for try await event in events where !source.accepts(event.text) { return }
                    }
                    group.addTask {
                        while !Task.isCancelled {
                            try await Task.sleep(for: heartbeat)
                            guard await stands(), source.accepts(": still here\n\n") else { return source.finish() }
                        }
                    }
                    try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
                    try await withGracefulShutdownHandler {
                        for await chunk in chunks { try await writer.write(ByteBuffer(string: chunk)) }
                    } onGracefulShutdown: {
                        source.finish()
                    }
                    group.cancelAll()
                }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
                .accelBuffering: "no",
            ],
            body: body)
    }
}

extension Request {
    /// The id of the last event that a client saw before it connected again.
    public var lastEventID: String? { headers[.lastEventID] }
}

extension AsyncStream.Continuation where Element == String {
    /// False when the listener is gone or so far behind that the element had to be dropped.
    fileprivate func accepts(_ element: String) -> Bool {
        if case .enqueued = yield(element) { true } else { false }
    }
}
