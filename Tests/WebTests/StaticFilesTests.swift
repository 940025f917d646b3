import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Web

@Suite("Files are served as they were at the start") struct StaticFilesTests {
    /// A folder with a page, a script, a hidden file and a link that leads out of it.
    static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "web-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "public/js"), withIntermediateDirectories: true)
        try "secret".write(to: folder.appending(path: "secret.txt"), atomically: true, encoding: .utf8)
        let root = folder.appending(path: "public")
        try "<p>hi".write(to: root.appending(path: "index.html"), atomically: true, encoding: .utf8)
        try "let a".write(to: root.appending(path: "js/app.js"), atomically: true, encoding: .utf8)
        try "x".write(to: root.appending(path: ".env"), atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            at: root.appending(path: "link.txt"), withDestinationURL: folder.appending(path: "secret.txt"))
        return root
    }

    static func face() async throws -> Face {
        let face = try await Face()
        try StaticFiles(folder: try folder().path).addRoutes(to: face.web.router, below: "/static")
        return face
    }

    @Test(
        "with their type",
        arguments: [
            ("/static/index.html", "<p>hi", "text/html; charset=utf-8"),
            ("/static/", "<p>hi", "text/html; charset=utf-8"),
            ("/static/js/app.js", "let a", "text/javascript; charset=utf-8"),
        ])
    func served(uri: String, text: String, type: String) async throws {
        let response = try await Self.face().ask(.get, uri)
        #expect(response.status == .ok)
        #expect(response.text == text)
        #expect(response.headers[.contentType] == type)
        #expect(response.headers[.cacheControl] == "no-cache")
    }

    @Test(
        "nothing else is",
        arguments: [
            "/static/.env", "/static/link.txt", "/static/../secret.txt", "/static/%2e%2e/secret.txt",
            "/static/js/..%2f..%2fsecret.txt", "/static/js/../../secret.txt", "/static//etc/passwd", "/static/js",
            "/static/..%5csecret.txt", "/static/index.html%00.js",
        ])
    func refused(uri: String) async throws {
        let response = try await Self.face().ask(.get, uri)
        #expect(response.status == .notFound)
        #expect(!response.text.contains("secret"))
    }

    @Test func anUnchangedFileIsNotSentAgain() async throws {
        let face = try await Self.face()
        let tag = try #require(try await face.ask(.get, "/static/js/app.js").headers[.eTag])
        for header in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            let response = try await face.ask(.get, "/static/js/app.js", headers: [.ifNoneMatch: header])
            #expect(response.status == .notModified && response.text.isEmpty)
        }
        #expect(try await face.ask(.get, "/static/js/app.js", headers: [.ifNoneMatch: "\"x\""]).status == .ok)
    }

    @Test func aHeadHasTheLengthAndNoBody() async throws {
        let response = try await Self.face().ask(.head, "/static/js/app.js")
        #expect(response.status == .ok && response.text.isEmpty)
        #expect(response.headers[.contentLength] == "5")
    }

    @Test func aMissingFolderIsNamed() {
        #expect(throws: StaticFilesError.folderMissing("/nowhere")) { try StaticFiles(folder: "/nowhere") }
    }
}
