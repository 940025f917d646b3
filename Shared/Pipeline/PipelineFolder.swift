import Foundation

/// A pipeline on disk: one folder that holds everything from the contract of a topic to the dashboard.
///
/// The folder itself only lists and reads files. What the files mean is added by extensions, one part each:
/// `contracts()`, `project()` (configuration, models, audits, tests) and `dashboards()`.
/// A folder without one of the parts is fine: the part is then empty.
public struct PipelineFolder: Sendable, Equatable {
    /// The folder's absolute path.
    public let path: String

    /// The folder's own name, such as `web-analytics`.
    public var name: String { (path as NSString).lastPathComponent }

    /// - Throws: ``PipelineError`` when there is no folder at `path`.
    public init(at path: String) throws(PipelineError) {
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: absolute, isDirectory: &isFolder), isFolder.boolValue else {
            throw PipelineError(
                file: path,
                message: "There is no pipeline folder here. Set MILLRACE_PIPELINE to the folder that has config.yaml.")
        }
        self.path = absolute
    }

    /// Paths, relative to the pipeline folder and sorted, of the files below `subfolder` whose extension is one of
    /// `extensions`. Hidden files are left out; a missing subfolder has no files. The subfolder may be a link to one, as it is
    /// where Kubernetes mounts a ConfigMap; links below it are not followed.
    public func files(in subfolder: String, extensions: Set<String>) -> [String] {
        var found: [String] = []
        collectFiles(in: subfolder, extensions, into: &found)
        return found.sorted()
    }

    /// Asks the system itself: what FileManager could say of each file makes it ten times as slow.
    private func collectFiles(in subfolder: String, _ extensions: Set<String>, into found: inout [String]) {
        guard let folder = opendir("\(path)/\(subfolder)") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
                bytes.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let relative = "\(subfolder)/\(name)"
            if isFolder(relative, entry.pointee.d_type) {
                collectFiles(in: relative, extensions, into: &found)
            } else if let dot = name.lastIndex(of: "."),
                extensions.contains(name[name.index(after: dot)...].lowercased())
            {
                found.append(relative)
            }
        }
    }

    /// A link is none, wherever it leads.
    private func isFolder(_ relative: String, _ type: UInt8) -> Bool {
        guard type == UInt8(DT_UNKNOWN) else { return type == UInt8(DT_DIR) }
        var status = stat()
        return lstat("\(path)/\(relative)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// True when the folder has the file `relative`.
    public func contains(_ relative: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/\(relative)")
    }

    /// The text of the file `relative`, which must be UTF-8.
    public func text(of relative: String) throws(PipelineError) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(relative)"))
        } catch {
            throw PipelineError(file: relative, message: "Cannot read this file: \(error.localizedDescription)")
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw PipelineError(file: relative, message: "This file is not UTF-8 text.")
        }
        return text
    }
}
