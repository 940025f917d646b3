import NIOCore
import NIOPosix
import Synchronization

/// Speaks to a collector, byte by byte.
struct CollectorClient {
    let port: Int

    /// Sends bytes as they are, and gives back everything that came until the server closed.
    func raw(_ bytes: [UInt8]) async throws -> String {
        let collected = Collected()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(collected))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
        try await channel.closeFuture.get()
        return collected.text.withLock { $0 }
    }

    func post(_ path: String, _ body: String, headers: [String] = []) async throws -> (status: Int, text: String) {
        let lines =
            ["POST \(path) HTTP/1.1", "Host: x", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
        let text = try await raw(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        return (Int(text.dropFirst(9).prefix(3)) ?? 0, text)
    }

    func get(_ path: String) async throws -> (status: Int, text: String) {
        let text = try await raw(Array("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
        return (Int(text.dropFirst(9).prefix(3)) ?? 0, text)
    }

    final class Collected: Sendable { let text = Mutex("") }

    final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let collected: Collected

        init(_ collected: Collected) { self.collected = collected }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            collected.text.withLock { $0 += text }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
