// Feeds bytes of any kind to the SQL front end. libFuzzer calls it with texts that it changes until they reach code that
// no text before has reached; `scripts/fuzz-sql` builds and starts it. A broken promise ends the process, so that the
// fuzzer keeps the text.

import SQL

/// The first byte says how the others are read.
private struct Reading {
    let dialect: SQLDialect
    let options: ParseOptions

    init(_ byte: UInt8) {
        dialect = byte & 1 == 0 ? .postgres : .bigQuery
        options = ParseOptions(placeholders: byte & 2 != 0, comments: byte & 4 == 0)
    }

    func parse(_ text: String) -> Result<[Statement], SQLError> {
        do throws(SQLError) {
            return .success(try parseStatements(text, dialect: dialect, options: options))
        } catch {
            return .failure(error)
        }
    }
}

/// Ends the process unless `condition` holds.
private func promise(_ condition: Bool, _ what: String, _ text: String) {
    guard condition else { fatalError("\(what):\n\(text)") }
}

/// Errors lie in the text and in order; there are some exactly when the text cannot be read.
private func checkErrors(_ text: String, _ reading: Reading, _ result: Result<[Statement], SQLError>) {
    let script = parseScript(text, dialect: reading.dialect, options: reading.options)
    let length = UInt32(text.utf8.count)
    for error in script.errors {
        promise(error.range.isNone || error.range.end <= length, "An error beyond the text", text)
        promise(!error.excerpt.isEmpty, "An error without its place", text)
    }
    switch result {
    case .success(let statements):
        promise(script.errors.isEmpty, "Errors in what can be read: \(script.errors.first?.description ?? "")", text)
        promise(script.statements == statements, "Another tree with errors collected", text)
    case .failure(let error):
        promise(!script.errors.isEmpty, "No error in what cannot be read: \(error)", text)
    }
}

/// What is written is read back as the same.
private func checkWritten(_ statements: [Statement], _ reading: Reading, _ text: String) {
    let length = UInt32(text.utf8.count)
    for statement in statements {
        promise(statement.range.start <= statement.range.end, "A statement that ends before it begins", text)
        promise(statement.range.end <= length, "A statement beyond the text", text)
    }
    for style in [GeneratorStyle.oneLine, .pretty] {
        let written = statements.map { $0.sql(reading.dialect, style: style) }.joined(separator: ";\n")
        switch reading.parse(written) {
        case .success(let again): promise(again == statements, "Another tree of \(written)", text)
        case .failure(let error): promise(error.code == .tooDeep, "\(error)", text)
        }
    }
    let canonical = statements.map { $0.sql(reading.dialect, style: .canonical) }.joined(separator: ";\n")
    switch reading.parse(canonical) {
    case .success(let again):
        let twice = again.map { $0.sql(reading.dialect, style: .canonical) }.joined(separator: ";\n")
        promise(twice == canonical, "Not canonical, \(canonical)\nbut \(twice)", text)
    case .failure(let error):
        // Parentheses that the text did without may be a level too many.
        promise(error.code == .tooDeep, "Cannot be read, \(error): \(canonical)", text)
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 1 else { return 0 }
    let reading = Reading(data[0])
    let text = String(decoding: UnsafeBufferPointer(start: data + 1, count: size - 1), as: UTF8.self)
    let result = reading.parse(text)
    checkErrors(text, reading, result)
    if case .success(let statements) = result { checkWritten(statements, reading, text) }
    return 0
}
