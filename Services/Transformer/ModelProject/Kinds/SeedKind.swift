import Pipeline

/// `SEED`: the rows of a CSV file.
public struct SeedKind: KindOptions {
    public static let name = "SEED"

    /// As written: relative to the model's file, or from the pipeline folder with `$root`.
    public var path: String
    /// Rows that SQLMesh writes by one statement; nothing follows from it here. Nil: it is not said.
    public var batchSize: Int?
    /// How the file is read.
    public var format = CSVFormat()
    /// The file's text, once it has been read: the rows follow from it.
    public var content: SourceFile?
    /// The rows of ``content``.
    public var table: SeedTable?

    /// The rows of `path`.
    public init(path: String) { self.path = path }

    init(_ reader: inout KindReader) throws(PipelineError) {
        self.init(path: try reader.needed("path").plain)
        batchSize = try reader.count("batch_size", from: 1)
        if let settings = try reader.property("csv_settings") {
            format = try CSVFormat(settings, in: reader.source)
        }
    }

    /// Where the file is, relative to the pipeline folder; nil when it would be outside of it.
    /// - Parameter model: The path of the model's file.
    public func file(of model: String) -> String? {
        var parts: [Substring] = []
        var rest = path[...]
        if rest.hasPrefix("$root/") {
            rest = rest.dropFirst(6)
        } else {
            parts = model.split(separator: "/").dropLast()
        }
        for part in rest.split(separator: "/") {
            if part == "." { continue }
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                return nil
            }
        }
        return parts.joined(separator: "/")
    }

    public var dataParts: [String] { ["content", content?.text ?? ""] + format.parts }
    public var metadataParts: [String] { ["\(batchSize ?? 1_000)"] }
}
