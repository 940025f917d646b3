// BigQueryFaultProxy: stands before the BigQuery emulator and fails at random, as Google's servers and networks between do.
import Foundation

/// A server of one test that passes requests on, and spoils some of them. Which ones, the seed decides, as far as requests come in
/// the same order.
public struct BigQueryFaultProxy: Sendable {
    private let server: LocalServer

    /// `127.0.0.1:4711`.
    public var address: String { "127.0.0.1:\(server.port)" }
    /// Tells how often it did what, as a JSON object: `{"passed": 12, "drop": 1}`.
    public var countsAddress: String { "http://\(address)/_counts" }

    /// The faults, by name: nothing is done and the connection ends; it is done and the connection ends; it is done twice and the
    /// second answer comes; it takes its time; half of the answer comes; errors of Google's with their reasons; a page of something
    /// between.
    public static let faults = [
        "drop", "lose", "twice", "slow", "cut", "429", "403", "500", "503", "502",
    ]

    /// - Parameter share: Of requests that are spoilt, from 0 to 1.
    public init(before emulator: String, seed: Int, share: Double) async throws {
        server = try await LocalServer(
            "/usr/bin/env",
            ["python3", "-c", Self.script, emulator, "\(seed)", "\(share)", Self.faults.joined(separator: ",")])
    }

    private static let script = #"""
        import collections, http.client, http.server, json, os, random, sys, threading, time
        emulator, seed, share, faults = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4].split(",")
        chance, lock, counts = random.Random(seed), threading.Lock(), collections.Counter()
        errors = {"429": "rateLimitExceeded", "403": "rateLimitExceeded", "500": "internalError", "503": "backendError"}
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *a): pass
            def answer(self, status, body, cut=False):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:len(body) // 2] if cut else body)
                if cut: self.close_connection = True
            def forward(self, body):
                connection = http.client.HTTPConnection(emulator)
                connection.request(self.command, self.path, body, {"Content-Type": self.headers.get("Content-Type", "application/json")})
                response = connection.getresponse()
                return response.status, response.read()
            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/_counts":
                    with lock: data = json.dumps(counts).encode()
                    return self.answer(200, data)
                with lock:
                    fault = chance.choice(faults) if chance.random() < share else "passed"
                    counts[fault] += 1
                if fault == "drop": self.close_connection = True
                elif fault == "502": self.answer(502, b"<html>Bad gateway</html>")
                elif fault in errors:
                    error = {"code": int(fault), "message": "so it is", "errors": [{"reason": errors[fault], "message": "so it is"}]}
                    self.answer(int(fault), json.dumps({"error": error}).encode())
                else:
                    if fault == "slow": time.sleep(0.3)
                    status, data = self.forward(body)
                    if fault == "twice": status, data = self.forward(body)
                    if fault == "lose": self.close_connection = True
                    else: self.answer(status, data, cut=fault == "cut" and len(data) > 1)
            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """#
}
