import Dispatch
import Foundation

/// A connection of a client that does as it likes: half requests, no reading.
final class RawConnection: Sendable {
    struct Failure: Error { let what: String, code: Int32 }

    private let descriptor: Int32

    /// - Parameter from: The client's own address, any of 127.0.0.0/8.
    init(port: Int, from: String = "127.0.0.1") throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket", code: errno) }
        func address(_ text: String, _ port: Int) -> sockaddr_in {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            inet_pton(AF_INET, text, &address.sin_addr)
            return address
        }
        func with(_ address: sockaddr_in, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        let socket = descriptor
        guard with(address(from, 0), { bind(socket, $0, $1) }) == 0 else { throw Failure(what: "bind", code: errno) }
        guard with(address("127.0.0.1", port), { connect(socket, $0, $1) }) == 0 else {
            throw Failure(what: "connect", code: errno)
        }
    }

    deinit { close(descriptor) }

    /// What cannot be sent any more is lost, as for any client.
    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Everything until the server closes the connection.
    func rest() async -> String { await text { _ in false } }

    /// Everything until `isEnough`, or until the server closes the connection.
    func text(until isEnough: @escaping @Sendable (String) -> Bool) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [descriptor] in
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    all += buffer[..<count]
                    if isEnough(String(decoding: all, as: UTF8.self)) { break }
                }
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }
        }
    }

    /// One request on a connection of its own; the whole answer.
    static func get(_ path: String, port: Int, from: String = "127.0.0.1") async throws -> String {
        let connection = try RawConnection(port: port, from: from)
        connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return await connection.rest()
    }
}
