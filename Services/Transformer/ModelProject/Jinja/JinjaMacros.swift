import Pipeline

/// What the files of macros/ define: Jinja's macros, and functions and values of `@DEF`.
public struct MacroLibrary: Sendable {
    /// By name.
    let jinja: [String: JinjaMacro]
    /// `@DEF` statements, in the order of the files.
    let definitions: [Template]
    /// The files, each with the names that it defines and asks for, lower case.
    private let files: [(source: SourceFile, defines: Set<String>, asks: Set<String>)]

    /// The files.
    public var sources: [SourceFile] { files.map(\.source) }

    /// True when there are none.
    public var isEmpty: Bool { files.isEmpty }

    /// Without any.
    public static let empty = MacroLibrary()

    private init() {
        jinja = [:]
        definitions = []
        files = []
    }

    /// - Parameter sources: Files of SQL with `{% macro %}` or `@DEF` in them.
    /// - Throws: ``PipelineError`` for a file that cannot be read, and for a macro that is there twice.
    public init(_ sources: [SourceFile]) throws(PipelineError) {
        var jinja: [String: JinjaMacro] = [:]
        var definitions: [Template] = []
        var files: [(SourceFile, Set<String>, Set<String>)] = []
        for source in sources {
            var defines: Set<String> = []
            var asks: Set<String> = []
            for piece in try Statements.pieces(of: source, from: 0) {
                guard let first = piece.first, let last = piece.last else { continue }
                let template = try Template(
                    source, range: first.range.lowerBound..<last.range.upperBound, tokens: piece)
                asks.formUnion(template.names)
                for case .macro(let macro) in template.nodes {
                    if let other = jinja.updateValue(macro, forKey: macro.name) {
                        throw PipelineError(
                            file: source.path, message: "The macro \(macro.name) is also in \(other.source.path).")
                    }
                    defines.insert(macro.name.lowercased())
                }
                guard template.isDefinition else { continue }
                definitions.append(template)
                if let name = template.definedName { defines.insert(name) }
            }
            files.append((source, defines, asks))
        }
        self.jinja = jinja
        self.definitions = definitions
        self.files = files
    }

    /// The files that templates need which ask for `names`, and those that these need.
    public func files(for names: Set<String>) -> [SourceFile] {
        var needed: Set<Int> = []
        var open = names
        while true {
            let more = files.indices.filter { !needed.contains($0) && !files[$0].defines.isDisjoint(with: open) }
            if more.isEmpty { return needed.sorted().map { files[$0].source } }
            needed.formUnion(more)
            for index in more { open.formUnion(files[index].asks) }
        }
    }

    /// The definitions of the files that templates need which ask for `names`.
    func definitions(for names: Set<String>) -> [Template] {
        if definitions.isEmpty { return [] }
        let paths = Set(files(for: names).map(\.path))
        return definitions.filter { paths.contains($0.source.path) }
    }
}
