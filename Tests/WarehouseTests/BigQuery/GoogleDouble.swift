// GoogleDouble: stands before the BigQuery emulator, or alone, and fails as Google's servers and networks between do.
import Curl
import Foundation
import TestKit

/// A server of one test. What no rule is about goes to the emulator, or is not found.
struct GoogleDouble {
    /// What happens to requests.
    struct Rule: Encodable {
        var method = ".*"
        /// A pattern for the whole path.
        var path: String
        /// `answer`; `drop`: the connection ends before anything is done; `lose`: the emulator does it and the connection ends
        /// in place of its answer; `spoil`: the emulator does it and the rule's answer comes; `pass`: nothing is wrong with it;
        /// `hang`: nothing comes.
        var action = "answer"
        var status = 200
        var headers: [String: String] = [:]
        var body = "{}"
        /// For how many requests.
        var times = 1

        static func answer(
            _ method: String = ".*", _ path: String, _ status: Int = 200, _ body: String = "{}",
            headers: [String: String] = [:], times: Int = 1
        ) -> Rule {
            Rule(method: method, path: path, status: status, headers: headers, body: body, times: times)
        }

        /// An error as Google writes it.
        static func failure(
            _ method: String = ".*", _ path: String, _ status: Int, _ reason: String, headers: [String: String] = [:],
            times: Int = 1
        ) -> Rule {
            let error =
                #"{"code":\#(status),"message":"it is so","errors":[{"reason":"\#(reason)","message":"it is so"}]}"#
            return .answer(method, path, status, #"{"error":\#(error)}"#, headers: headers, times: times)
        }
    }

    /// A request that came.
    struct Seen: Decodable {
        let method: String
        let path: String
        let query: [String: String]
        /// Names in lower case.
        let headers: [String: String]
        let body: String
    }

    let server: LocalServer
    private let http: HTTPClient
    var address: String { "http://127.0.0.1:\(server.port)" }

    init(_ rules: [Rule] = [], emulator: String? = nil) async throws {
        server = try await LocalServer("/usr/bin/env", ["python3", "-c", Self.script, emulator ?? ""])
        http = HTTPClient(logger: PostgresTestServer.logger())
        try await follow(rules)
    }

    /// Takes further rules, behind those that are left.
    func follow(_ rules: [Rule]) async throws {
        let body = [UInt8](try JSONEncoder().encode(rules))
        let response = try await http.send(OutgoingRequest("POST", address + "/_rules", body: .bytes(body)))
        guard response.status == 200 else {
            throw HelperMissing(description: "the double takes no rules: \(response.text)")
        }
    }

    /// All requests so far, in order.
    func seen() async throws -> [Seen] {
        let response = try await http.send(OutgoingRequest("GET", address + "/_seen"))
        return try JSONDecoder().decode([Seen].self, from: Data(response.body))
    }

    private static let script = #"""
        import http.client, http.server, json, os, re, sys, threading, urllib.parse
        emulator, rules, seen, lock = sys.argv[1], [], [], threading.Lock()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *a): pass
            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers: self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def forward(self, body):
                connection = http.client.HTTPConnection(emulator)
                connection.request(self.command, self.path, body, {"Content-Type": self.headers.get("Content-Type", "application/json")})
                response = connection.getresponse()
                return response.status, [("Content-Type", "application/json")], response.read()
            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path, _, query = self.path.partition("?")
                if path == "/_rules":
                    with lock: rules.extend(json.loads(body))
                    return self.answer(200, [], b"{}")
                if path == "/_seen":
                    with lock: data = json.dumps(seen).encode()
                    return self.answer(200, [], data)
                with lock:
                    seen.append({"method": self.command, "path": urllib.parse.unquote(path),
                        "query": dict(urllib.parse.parse_qsl(query)), "body": body.decode("utf-8", "replace"),
                        "headers": {k.lower(): v for k, v in self.headers.items()}})
                    rule = next((r for r in rules if r["times"] > 0 and re.fullmatch(r["method"], self.command)
                        and re.fullmatch(r["path"], path)), None)
                    if rule: rule["times"] -= 1
                action = rule["action"] if rule else "forward"
                if action == "answer":
                    self.answer(rule["status"], rule["headers"].items(), rule["body"].encode())
                elif action == "hang": threading.Event().wait()
                elif action == "drop": self.close_connection = True
                elif not emulator: self.answer(404, [], b'{"error":{"code":404,"message":"nothing is here"}}')
                else:
                    answer = self.forward(body)
                    if action == "lose": self.close_connection = True
                    elif action == "spoil": self.answer(rule["status"], rule["headers"].items(), rule["body"].encode())
                    else: self.answer(*answer)
            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """#
}
