// StaticFiles: the files of a folder, each a route of its own.
// Always: only what was in the folder at the start is served, under the path that it had: no name in a request ever
// becomes a path on the disk, so `..`, `%2e` and links out of the folder lead nowhere.
import Cryptography
import Foundation
import Hummingbird
import Synchronization

/// Files of a folder, ready to be routes.
public struct StaticFiles: Sendable {
    struct File: Sendable {
        /// Below the folder, without a leading `/`: `js/app.js`.
        let path: String
        let location: String
        let bytes: Int
        let tag: String
        let contentType: String
        /// True when its name changes with what is in it: it may be kept for ever.
        let isPinned: Bool
    }

    let files: [File]
    private let packed = PackedFiles()

    /// Reads the folder's list of files, hidden ones and links out of it left out, and a hash of each.
    /// - Parameter hasHashedNames: Whether names like `index-DlVyZyb_.js` end in a hash of the file, as bundlers write them.
    /// - Throws: ``StaticFilesError`` when the folder cannot be read.
    public init(folder: String, hasHashedNames: Bool = false) throws {
        let root = URL(filePath: folder).resolvingSymlinksInPath().standardizedFileURL
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isFolder), isFolder.boolValue,
            let names = FileManager.default.enumerator(atPath: root.path)
        else { throw StaticFilesError.folderMissing(folder) }
        var files: [File] = []
        for case let name as String in names {
            let location = root.appending(path: name).resolvingSymlinksInPath().standardizedFileURL.path
            guard location.hasPrefix(root.path + "/"), Self.isServable(name),
                FileManager.default.fileExists(atPath: location, isDirectory: &isFolder), !isFolder.boolValue
            else { continue }
            guard let data = FileManager.default.contents(atPath: location) else {
                throw StaticFilesError.unreadable(location)
            }
            let hash = SHA256.hash(data).prefix(16).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            files.append(
                File(
                    path: name, location: location, bytes: data.count, tag: "\"\(hash.joined())\"",
                    contentType: Self.contentType(of: name),
                    isPinned: hasHashedNames && Self.hasHash(name)))
        }
        self.files = files.sorted { $0.path < $1.path }
    }

    /// What the pages of all services have in common: the look, the bar on top, calls to the service. Pages expect them
    /// below `shared/`.
    /// - Throws: ``StaticFilesError`` when the module's resources were not installed beside the executable.
    public static func shared() throws -> StaticFiles {
        try StaticFiles(folder: Bundle.module.bundleURL.appending(path: "Public").path)
    }

    /// Adds every file below `prefix`; `index.html` also answers for its folder.
    public func addRoutes(to routes: some RouterMethods<WebContext>, below prefix: String = "") {
        let io = FileIO(threadPool: WebThreads.files)
        let packed = packed
        for file in files {
            var paths = [file.path]
            if file.path == "index.html" || file.path.hasSuffix("/index.html") {
                paths.append(String(file.path.dropLast("index.html".count)))
            }
            for path in paths {
                routes.get(RouterPath("\(prefix)/\(path)")) { request, context in
                    try await Self.answer(file, packed, request, context, io)
                }
            }
        }
    }

    /// The one file at `path` in the folder, for a route of its own, such as a page under a nicer address.
    /// - Throws: ``StaticFilesError/fileMissing(_:)`` when the folder has none such.
    public func handler(
        for path: String
    ) throws -> @Sendable (Request, WebContext) async throws -> Response {
        guard let file = files.first(where: { $0.path == path }) else { throw StaticFilesError.fileMissing(path) }
        let io = FileIO(threadPool: WebThreads.files)
        let packed = packed
        return { request, context in try await Self.answer(file, packed, request, context, io) }
    }

    private static func answer(
        _ file: File, _ packed: PackedFiles, _ request: Request, _ context: WebContext, _ io: FileIO
    ) async throws -> Response {
        // The same file packed is another thing to keep, and has a tag of its own.
        let isPacked =
            file.bytes >= Compression.bytesMin && Compression.isText(file.contentType)
            && Compression.isWanted(by: request.headers)
        let tag = isPacked ? file.tag.dropLast() + "-gzip\"" : file.tag
        var headers: HTTPFields = [
            .eTag: tag, .cacheControl: file.isPinned ? "public, max-age=31536000, immutable" : "no-cache",
        ]
        if isPacked { headers[.vary] = "Accept-Encoding" }
        let asked = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        if asked.contains(where: { $0 == "*" || $0 == tag || $0 == "W/\(tag)" }) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.contentType
        if isPacked {
            headers[.contentEncoding] = "gzip"
            let body = try await packed.body(of: file)
            headers[.contentLength] = String(body.readableBytes)
            return Response(
                status: .ok, headers: headers,
                body: request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: body))
        }
        if request.method == .head {
            headers[.contentLength] = String(file.bytes)
            return Response(status: .ok, headers: headers)
        }
        return Response(
            status: .ok, headers: headers, body: try await io.loadFile(path: file.location, context: context))
    }

    /// Hidden files are nobody's; characters that mean something in a route are no file of ours.
    private static func isServable(_ name: String) -> Bool {
        name.split(separator: "/").allSatisfy { part in
            part.first != "."
                && part.utf8.allSatisfy { byte in
                    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                        || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || "-_.@+~".utf8.contains(byte)
                }
        }
    }

    private static func hasHash(_ name: String) -> Bool {
        name.firstMatch(of: /-[A-Za-z0-9_-]{8}\.(js|css)$/) != nil
    }

    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last?.lowercased() {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "txt", "md": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}

/// Files as gzip, each packed when it is first asked for.
private final class PackedFiles: Sendable {
    private let bodies = Mutex<[String: ByteBuffer]>([:])

    /// - Throws: ``StaticFilesError`` when the file is gone.
    func body(of file: StaticFiles.File) async throws -> ByteBuffer {
        if let body = bodies.withLock({ $0[file.path] }) { return body }
        // Two who ask first at once both pack: the same bytes come of it.
        let body = try await WebThreads.files.runIfActive {
            guard let data = FileManager.default.contents(atPath: file.location) else {
                throw StaticFilesError.unreadable(file.location)
            }
            return try GzipPacker.packed(ByteBuffer(bytes: data), level: GzipPacker.thorough)
        }
        bodies.withLock { $0[file.path] = body }
        return body
    }
}

/// Why a folder of files cannot be served.
public enum StaticFilesError: Error, Equatable, CustomStringConvertible {
    case folderMissing(String), unreadable(String), fileMissing(String)

    public var description: String {
        switch self {
        case .folderMissing(let path): "There is no folder \(path) to serve files from. Is the installation complete?"
        case .unreadable(let path): "The file \(path) cannot be read. Check its permissions."
        case .fileMissing(let path): "The page \(path) is missing from the service's files."
        }
    }
}
