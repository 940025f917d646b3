import Foundation
import Pipeline
import Synchronization
import TestKit

@testable import Scheduler

/// A pipeline folder of one test's own, with a `dags/` in it.
struct DAGFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "dags-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(path)/dags", withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/dags/\(name)", atomically: true, encoding: .utf8)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/dags/\(name)") }

    /// The definition that a text is.
    static func read(_ text: String, file: String = "dags/test.yaml") throws -> DAGDefinition {
        try DAGReader.read(SourceFile(path: file, text: text))
    }
}

/// Somebody's server, which keeps every request. `/status/503` answers so; `/flaky` does the first time.
struct Receiver {
    struct Request: Decodable, Equatable {
        var method: String
        var path: String
        var headers: [String: String]
        var body: String

        func header(_ name: String) -> String? { headers.first { $0.key.lowercased() == name.lowercased() }?.value }
    }

    let server: LocalServer
    private let file: String

    init() async throws {
        file = FileManager.default.temporaryDirectory.appending(path: "requests-\(UUID().uuidString)").path
        server = try await LocalServer("/usr/bin/env", ["python3", "-c", Self.script, file])
    }

    var url: String { "http://127.0.0.1:\(server.port)" }

    /// In the order in which they came. Each is here before it is answered.
    func requests() throws -> [Request] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return [] }  // none yet
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }

    private static let script = #"""
        import collections, http.server, json, os, sys, threading
        counts = collections.Counter()
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *a): pass
            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                counts[self.path] += 1
                with open(sys.argv[1], "a") as f:
                    f.write(json.dumps({"method": self.command, "path": self.path, "headers": dict(self.headers),
                        "body": body.decode()}) + "\n")
                if self.path == "/hang": threading.Event().wait(600)
                status = 200
                if self.path.startswith("/status/"): status = int(self.path.split("/")[2])
                if self.path == "/flaky" and counts[self.path] == 1: status = 503
                answer = b"taken"
                self.send_response(status); self.send_header("Content-Length", str(len(answer))); self.end_headers()
                self.wfile.write(answer)
            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """#
}

/// A real mail server, which keeps every mail.
struct MailSink {
    let server: LocalServer
    private let folder: String

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "mails-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = root.appending(path: ".millrace/venv/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw HelperMissing(description: "\(python) is missing: run `make deps`, which installs the test tools.")
        }
        server = try await LocalServer(
            python, ["-c", Self.script, folder, root.appending(path: "scripts/free-port").path])
    }

    /// The mails that it has taken, each as `from|to,to` and the message with its parts decoded.
    func mails() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".tmp") }.sorted()
            .map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
    }

    private static let script = #"""
        import email, email.policy, itertools, os, subprocess, sys
        from aiosmtpd.controller import Controller
        numbers = itertools.count()
        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("nobody@"): return "550 no such user"
                envelope.rcpt_tos.append(address)
                return "250 OK"
            async def handle_DATA(self, server, session, envelope):
                mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
                parts = [p.get_content_type() + ":" + p.get_content() for p in mail.walk() if not p.is_multipart()]
                text = "%s|%s\nSubject: %s\nMessage-ID: %s\n%s" % (envelope.mail_from, ",".join(envelope.rcpt_tos),
                    mail["subject"], mail["message-id"], "\n".join(parts))
                name = os.path.join(sys.argv[1], "%05d" % next(numbers))
                with open(name + ".tmp", "w") as f: f.write(text)
                os.rename(name + ".tmp", name)
                return "250 taken"
        controller = Controller(Handler(), hostname="127.0.0.1", port=int(subprocess.check_output([sys.argv[2]])))
        controller.start()
        print("port", controller.port, flush=True)
        sys.stdin.read()
        os._exit(0)
        """#
}
