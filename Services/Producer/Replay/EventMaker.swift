// EventMaker: a record of a file becomes an event that meets its contract, or a reason why not.
// Always: JSON that needs no change is sent byte for byte; the same record gives the same bytes each time.
import Cryptography
import DataContract
import Foundation

/// Makes events of records. Not for two threads at once.
struct EventMaker {
    /// What fills the fields of an event besides what the record says by itself.
    struct Mapping: Sendable, Equatable {
        /// The record's names of fields that the contract calls otherwise: from the record's to the contract's.
        var names: [String: String] = [:]
        /// Fields that are the same in every event.
        var constants: [String: String] = [:]
        /// The field that becomes the message's key; `nil`: the contract's.
        var key: String?
    }

    /// An event to send.
    struct Event: Sendable, Equatable {
        var value: [UInt8]
        var key: [UInt8]?
        /// Microseconds since 1970; `nil` where the contract names no event time.
        var time: Int64?
    }

    /// Why a record is not sent.
    struct Fault: Error, Sendable, Equatable {
        let rule: String
        var field: String?
        let detail: String

        init(_ rule: String, field: String? = nil, _ detail: String) {
            self.rule = rule
            self.field = field
            self.detail = detail
        }

        init(_ rejection: Rejection) {
            self.init(rejection.reason.rawValue, field: rejection.field, rejection.message)
        }
    }

    /// Added to each event's time, in microseconds.
    var shift: Int64 = 0
    private let contract: Contract
    private let checker: EventChecker
    private let format: InputFormat
    private let delimiter: UInt8
    private let names: [[UInt8]: [UInt8]]
    private let constants: [(name: [UInt8], value: [UInt8])]
    private let keyName: [UInt8]?
    /// The text property that tells events apart; missing ones are made from the record.
    private let idName: [UInt8]?
    private let timeName: [UInt8]?
    private let messageBytesMax: Int
    /// Names of the columns of CSV, already the contract's.
    private var columns: [(name: [UInt8], type: LogicalType)] = []

    init(_ contract: Contract, _ mapping: Mapping, format: InputFormat, delimiter: UInt8, messageBytesMax: Int) {
        self.contract = contract
        self.format = format
        self.delimiter = delimiter
        self.messageBytesMax = messageBytesMax
        checker = EventChecker(contract)
        names = Dictionary(
            mapping.names.map { (Array($0.key.utf8), Array($0.value.utf8)) }, uniquingKeysWith: { first, _ in first })
        constants = mapping.constants.sorted { $0.key < $1.key }.map { name, text in
            let type = contract.property(name)?.logicalType ?? .string
            return (Array(name.utf8), Self.json(Array(text.utf8), type))
        }
        keyName = (mapping.key ?? contract.key).map { Array($0.utf8) }
        let id = contract.properties.first { $0.isUnique && $0.logicalType == .string }
        idName = id.map { Array($0.name.utf8) }
        timeName = contract.eventTime.map { Array($0.utf8) }
    }

    /// Takes the first record of CSV.
    /// - Throws: what is wrong with it, for people.
    mutating func takeHeader(_ record: SourceRecord) throws(Fault) {
        guard let fields = CSVText.fields(of: record.bytes, delimiter: delimiter) else {
            throw Fault("invalid_csv", "a quote is not closed, or something stands behind a closing one")
        }
        var seen: Set<[UInt8]> = []
        for (index, field) in fields.enumerated() {
            guard !field.text.isEmpty else { throw Fault("invalid_csv", "column \(index + 1) has no name") }
            let name = names[field.text] ?? field.text
            let text = String(decoding: name, as: UTF8.self)
            guard seen.insert(name).inserted else { throw Fault("invalid_csv", "\(text) is there twice") }
            columns.append((name, contract.property(text)?.logicalType ?? .string))
        }
    }

    /// Makes the event of a record.
    func event(of record: SourceRecord) throws(Fault) -> Event {
        guard !record.isTooLong else {
            throw Fault("too_large", "Longer than \(RecordSplitter.recordBytesMax) bytes.")
        }
        var event: Event
        switch format {
        case .ndjson, .json: event = try fromJSON(record.bytes, record)
        case .csv: event = try fromRow(record)
        case .deadLetters: event = try fromLetter(record)
        }
        event.time = try judge(event.value)
        if shift != 0, let time = event.time {
            let moved = time.addingReportingOverflow(shift)
            guard !moved.overflow, EventTime.writable.contains(moved.partialValue) else {
                throw Fault("implausible_time", "Moved by --shift-to, its time is in no year that can be written.")
            }
            event.value = try self.moved(event.value, to: moved.partialValue)
            event.time = try judge(event.value)
        }
        // As the client counts it: with what surrounds key and value.
        guard event.value.count + (event.key?.count ?? 0) + 100 <= messageBytesMax else {
            throw Fault("too_large", "\(event.value.count) bytes are more than a message may have.")
        }
        return event
    }

    private func judge(_ value: [UInt8]) throws(Fault) -> Int64? {
        switch value.withUnsafeBytes({ checker.judge($0) }) {
        case .row(let time): return time
        case .rejected(let rejection): throw Fault(rejection)
        }
    }

    // MARK: JSON

    private func fromJSON(_ bytes: [UInt8], _ record: SourceRecord) throws(Fault) -> Event {
        let members = try Self.members(of: bytes)
        let isWhole = names.isEmpty && constants.isEmpty
        let hasID = idName.map { id in members.contains { names[$0.name] ?? $0.name == id } } ?? true
        if isWhole && hasID {
            return Event(value: bytes, key: members.first { $0.name == keyName }?.text, time: nil)
        }
        var output = ObjectWriter()
        for member in members {
            let name = names[member.name] ?? member.name
            guard !constants.contains(where: { $0.name == name }) else { continue }
            output.append(name, member.value, isRaw: names[member.name] == nil)
        }
        return finish(&output, hasID, record)
    }

    /// Adds what the record does not have.
    private func finish(_ output: inout ObjectWriter, _ hasID: Bool, _ record: SourceRecord) -> Event {
        for (name, value) in constants { output.append(name, value) }
        if let idName, !hasID, !constants.contains(where: { $0.name == idName }) {
            output.append(idName, JSONText.exact(Array(Self.id(of: record).utf8)))
        }
        return Event(value: output.finished, key: keyName.flatMap { output.text(of: $0) }, time: nil)
    }

    /// The same for the same record of the same file: its number and bytes, as a UUID of version 8.
    static func id(of record: SourceRecord) -> String {
        var hash = SHA256()
        hash.update("\(record.number)\n".utf8)
        hash.update(record.bytes)
        var bytes = Array(hash.finalize().prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { String(format: "%02x", $0) }
        return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
            .map { $0.joined() }.joined(separator: "-")
    }

    private func moved(_ value: [UInt8], to time: Int64) throws(Fault) -> [UInt8] {
        guard let member = try Self.members(of: value).first(where: { $0.name == timeName }) else { return value }
        var text: [UInt8] = [UInt8(ascii: "\"")]
        EventTime.append(time, to: &text)
        text.append(UInt8(ascii: "\""))
        var output = value
        output.replaceSubrange(member.range, with: text)
        return output
    }

    // MARK: CSV

    private func fromRow(_ record: SourceRecord) throws(Fault) -> Event {
        guard let fields = CSVText.fields(of: record.bytes, delimiter: delimiter) else {
            throw Fault("invalid_csv", "A quote is not closed, or something stands behind a closing one.")
        }
        guard fields.count == columns.count else {
            throw Fault("invalid_csv", "\(fields.count) fields where the header has \(columns.count).")
        }
        var output = ObjectWriter()
        var hasID = idName == nil
        for (field, column) in zip(fields, columns) where !field.isAbsent {
            guard !constants.contains(where: { $0.name == column.name }) else { continue }
            output.append(column.name, Self.json(field.text, column.type))
            if column.name == idName { hasID = true }
        }
        return finish(&output, hasID, record)
    }

    /// Text as a JSON value of a property's type; what is none becomes a string, for the contract to refuse.
    private static func json(_ text: [UInt8], _ type: LogicalType) -> [UInt8] {
        switch type {
        case .string, .timestamp, .date: return JSONText.exact(text)
        case .boolean:
            let word = String(decoding: text, as: UTF8.self).lowercased()
            return word == "true" || word == "false" ? Array(word.utf8) : JSONText.exact(text)
        case .integer, .number, .object, .array:
            let list = [UInt8(ascii: "[")] + text + [UInt8(ascii: "]")]
            let isOneValue = list.withUnsafeBytes { bytes in
                // What is no JSON becomes a string, which the contract refuses by its name.
                let elements = try? JSONOutline.elements(of: bytes)
                return elements?.count == 1
            }
            return isOneValue ? text : JSONText.exact(text)
        }
    }

    // MARK: Dead letters

    private func fromLetter(_ record: SourceRecord) throws(Fault) -> Event {
        let members = try Self.members(of: record.bytes)
        func bytes(_ name: String) throws(Fault) -> [UInt8]? {
            guard let member = members.first(where: { $0.name.elementsEqual(name.utf8) }),
                member.value.first == UInt8(ascii: "{")
            else { return nil }
            let parts = try Self.members(of: member.value)
            if let text = parts.first(where: { $0.name.elementsEqual("text".utf8) }) { return text.text }
            guard let packed = parts.first(where: { $0.name.elementsEqual("base64".utf8) }),
                let data = Data(base64Encoded: Data(packed.text))
            else { throw Fault("invalid_dead_letter", field: name, "Neither text nor base64.") }
            return Array(data)
        }
        guard let value = try bytes("value") else {
            throw Fault("null_value", "The dead letter has no value (a tombstone).")
        }
        var event = try fromJSON(value, record)
        if let key = try bytes("key") { event.key = key }
        return event
    }

    // MARK: Members

    private struct Member {
        /// Without its quotes, as it is written.
        let name: [UInt8]
        let value: [UInt8]
        /// Where the value is.
        let range: Range<Int>

        /// A string without its quotes and escapes; any other value as it is written.
        var text: [UInt8] { value.withUnsafeBytes { EventChecker.text($0, 0..<$0.count) } }
    }

    private static func members(of bytes: [UInt8]) throws(Fault) -> [Member] {
        let outline: Result<[JSONOutline.Member], Rejection> = bytes.withUnsafeBytes { all in
            do throws(Rejection) {
                return .success(try JSONOutline.members(of: all))
            } catch {
                return .failure(error)
            }
        }
        switch outline {
        case .failure(let rejection): throw Fault(rejection)
        case .success(let members):
            return members.map {
                Member(name: Array(bytes[$0.name]), value: Array(bytes[$0.value]), range: $0.value)
            }
        }
    }
}

/// Writes a JSON object, and finds in it again what it wrote.
private struct ObjectWriter {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]
    private var values: [(name: [UInt8], range: Range<Int>)] = []

    /// - Parameter isRaw: The name is as it stood between its quotes.
    mutating func append(_ name: [UInt8], _ value: [UInt8], isRaw: Bool = false) {
        if !values.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes += isRaw ? [UInt8(ascii: "\"")] + name + [UInt8(ascii: "\"")] : JSONText.exact(name)
        bytes.append(UInt8(ascii: ":"))
        let start = bytes.count
        bytes += value
        values.append((name, start..<bytes.count))
    }

    var finished: [UInt8] { bytes + [UInt8(ascii: "}")] }

    func text(of name: [UInt8]) -> [UInt8]? {
        guard let range = values.first(where: { $0.name == name })?.range else { return nil }
        return bytes.withUnsafeBytes { EventChecker.text($0, range) }
    }
}
