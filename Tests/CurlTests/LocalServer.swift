import Foundation
import TestKit

extension LocalServer {
    /// Python's own server with answers for every case; with `certificate`, behind TLS.
    static func http(certificate: String? = nil) async throws -> LocalServer {
        try await LocalServer("/usr/bin/env", ["python3", "-c", httpScript] + (certificate.map { [$0] } ?? []))
    }

    /// aiosmtpd; prints each mail into a file in `folder`.
    static func mail(folder: String, certificate: String? = nil, demandsLogin: Bool = false) async throws -> LocalServer
    {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = root.appending(path: ".millrace/venv/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw HelperMissing(description: "\(python) is missing: run `make deps`, which installs the test tools.")
        }
        return try await LocalServer(
            python, ["-c", mailScript, folder, certificate ?? "", demandsLogin ? "login" : ""])
    }

    /// A self-signed certificate for localhost, with its key, in one file.
    static func certificate() throws -> String {
        let base = FileManager.default.temporaryDirectory.appending(path: "curl-\(UUID().uuidString)").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", base + ".key", "-out",
            base + ".crt",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw HelperMissing(description: "openssl could not make a certificate")
        }
        let both =
            try String(contentsOfFile: base + ".key", encoding: .utf8)
            + String(contentsOfFile: base + ".crt", encoding: .utf8)
        try both.write(toFile: base + ".pem", atomically: true, encoding: .utf8)
        return base + ".pem"
    }

    private static let httpScript = #"""
        import collections, gzip, http.server, json, ssl, sys, threading, time, os
        counts = collections.Counter()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *a): pass
            def answer(self, status, body=b"", headers=()):
                self.send_response(status)
                for k, v in headers: self.send_header(k, v)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(body)
            def body(self):
                if self.headers.get("Transfer-Encoding") == "chunked":
                    out = b""
                    while True:
                        n = int(self.rfile.readline().strip(), 16)
                        data = self.rfile.read(n); self.rfile.readline()
                        if n == 0: return out
                        out += data
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            def do(self):
                path = self.path.split("?")[0]
                counts[self.path] += 1
                if path == "/echo":
                    body = self.body()
                    self.answer(200, json.dumps({"method": self.command, "bytes": len(body), "sum": sum(body),
                        "headers": dict(self.headers)}).encode(), [("X-Twice", "a"), ("X-Twice", "b")])
                elif path == "/big":
                    self.send_response(200); self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
                    for i in range(64):
                        data = bytes([i]) * 65536
                        self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")
                    self.wfile.write(b"0\r\n\r\n")
                elif path == "/endless":
                    self.send_response(200); self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
                    self.wfile.write(b"5\r\nfirst\r\n"); self.wfile.flush()
                    threading.Event().wait(60)
                elif path == "/slow": threading.Event().wait(60)
                elif path == "/gzip":
                    self.answer(200, gzip.compress(b"a" * 1000000), [("Content-Encoding", "gzip")])
                elif path == "/redirect": self.answer(302, b"away", [("Location", "/echo")])
                elif path == "/file": self.answer(302, b"", [("Location", "file:///etc/passwd")])
                elif path == "/flaky":
                    self.body()
                    if counts[self.path] < 3: self.answer(503, b"no", [("Retry-After", "1")])
                    else: self.answer(200, str(counts[self.path]).encode())
                elif path == "/drop":
                    self.close_connection = True
                    if counts[self.path] < 2: return
                    self.answer(200, b"second")
                elif path == "/count": self.answer(200, str(counts[self.path.split("of=")[-1]]).encode())
                else: self.answer(404, b"nothing")
            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if len(sys.argv) > 1:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1])
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """#

    private static let mailScript = #"""
        import os, ssl, sys, threading
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult
        folder, certificate, login = sys.argv[1:4]
        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("nobody@"): return "550 no such user"
                if address.startswith("later@"): return "451 try later"
                envelope.rcpt_tos.append(address)
                return "250 OK"
            async def handle_DATA(self, server, session, envelope):
                with open(os.path.join(folder, "mail.tmp"), "wb") as f:
                    f.write(("%s|%s\n" % (envelope.mail_from, ",".join(envelope.rcpt_tos))).encode() + envelope.content)
                os.rename(os.path.join(folder, "mail.tmp"), os.path.join(folder, "mail"))
                return "250 taken"
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        def check(server, session, envelope, mechanism, data):
            return AuthResult(success=data.login == b"ada" and data.password == b"right", handled=False)
        controller = Controller(Handler(), hostname="127.0.0.1", port=0, tls_context=context,
            authenticator=check if login else None, auth_required=bool(login))
        # The controller probes its own port at the start: give it a real one.
        import subprocess
        controller.port = int(subprocess.check_output(["scripts/free-port"]))
        controller.start()
        print("port", controller.port, flush=True)
        sys.stdin.read()
        os._exit(0)
        """#
}
