import Foundation
import Logging
import TestKit
import Testing

@testable import Curl

@Suite("Mail is handed over whole, to whom it is meant for") struct MailTests {
    let client = HTTPClient(retries: .never, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })

    static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    static func mail(to: String = "bob@example.org") throws -> Mail {
        Mail(
            from: try MailAddress("millrace@example.org", name: "Millräce"), to: [try MailAddress(to)],
            subject: "Run failed: größe", text: ".\nline\n.\n", html: "<p>line", id: "run-1")
    }

    @Test func aMailArrivesAsItWasWritten() async throws {
        let folder = try Self.folder()
        let server = try await LocalServer.mail(folder: folder)
        try await client.send(
            try Self.mail(), through: SMTPServer(host: "127.0.0.1", port: server.port, security: .none))
        let text = try String(contentsOfFile: folder + "/mail", encoding: .utf8)
        #expect(text.hasPrefix("millrace@example.org|bob@example.org\n"))
        #expect(text.contains("\r\nSubject: =?utf-8?B?\(Data("Run failed: größe".utf8).base64EncodedString())?=\r\n"))
        #expect(text.contains("\r\n\(Data(".\nline\n.\n".utf8).base64EncodedString())\r\n--millrace-run-1\r\n"))
        #expect(text.contains("Message-ID: <run-1@example.org>"))
    }

    @Test(
        "a refusal says whether it is for good",
        arguments: [
            ("nobody@example.org", 550, false), ("later@example.org", 451, true),
        ])
    func refusals(to: String, code: Int, isRetriable: Bool) async throws {
        let server = try await LocalServer.mail(folder: try Self.folder())
        let error = await #expect(throws: CurlError.self) {
            try await client.send(
                try Self.mail(to: to), through: SMTPServer(host: "127.0.0.1", port: server.port, security: .none))
        }
        guard case .rejected(_, code, _) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(error?.isRetriable == isRetriable)
    }

    @Test func theServerMustBeTrusted() async throws {
        let certificate = try LocalServer.certificate()
        let folder = try Self.folder()
        let server = try await LocalServer.mail(folder: folder, certificate: certificate, demandsLogin: true)
        var smtp = SMTPServer(
            host: "localhost", port: server.port, user: "ada", password: "right", trust: TrustSettings())
        let error = await #expect(throws: CurlError.self) { try await client.send(try Self.mail(), through: smtp) }
        guard case .untrusted = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(!FileManager.default.fileExists(atPath: folder + "/mail"))
        smtp.trust = TrustSettings(certificateFile: certificate)
        try await client.send(try Self.mail(), through: smtp)
        #expect(FileManager.default.fileExists(atPath: folder + "/mail"))
        smtp.password = "wrong"
        await #expect(throws: CurlError.loginRefused(host: "localhost")) {
            try await client.send(try Self.mail(), through: smtp)
        }
    }

    @Test func aServerWithoutTLSGetsNoMailThatNeedsIt() async throws {
        let folder = try Self.folder()
        let server = try await LocalServer.mail(folder: folder)
        await #expect(throws: CurlError.self) {
            try await client.send(try Self.mail(), through: SMTPServer(host: "127.0.0.1", port: server.port))
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/mail"))
        await #expect(throws: CurlError.self) {
            try await client.send(
                try Self.mail(),
                through: SMTPServer(host: "127.0.0.1", port: server.port, security: .none, user: "a", password: "b"))
        }
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "a", "a@", "@b", "a@b@c", "a b@c", "a@b>\r\nRCPT TO:<c@d", "ä@b.c", "<a@b>",
        ])
    func addresses(text: String) { #expect(throws: CurlError.self) { try MailAddress(text) } }

    @Test func noTextBecomesAHeader() throws {
        var mail = try Self.mail()
        mail.subject = "a\r\nBcc: all@example.org"
        #expect(try !mail.text(now: Date()).contains("\r\nBcc:"))
        for name in ["Bcc", "To", "Content-Type", "X\r\nBcc", "", "X Y"] {
            mail.headers = [(name, "v")]
            #expect(throws: CurlError.self) { try mail.text(now: Date()) }
        }
        mail.headers = [("Auto-Submitted", "auto-generated")]
        #expect(
            try mail.text(now: Date(timeIntervalSince1970: 0)).contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"))
        #expect(try mail.text(now: Date()).contains("\r\nAuto-Submitted: auto-generated\r\n"))
    }
}
