/// Why a message does not become a row. A value, to be kept beside the message: bad input is data, not a failure.
public struct Rejection: Error, Sendable, Equatable, CustomStringConvertible {
    /// A code that stays the same from version to version, for counting and filtering.
    public enum Reason: String, Sendable, CaseIterable {
        /// There is no value (a tombstone).
        case nullValue = "null_value"
        case invalidJSON = "invalid_json"
        case invalidUTF8 = "invalid_utf8"
        /// Deeper than `RecordDecoder.depthMax`.
        case tooDeep = "too_deep"
        /// JSON, but not an object.
        case notAnObject = "not_an_object"
        case missingField = "missing_field"
        /// A required field is null.
        case nullField = "null_field"
        /// A field of the contract comes twice.
        case duplicateField = "duplicate_field"
        case wrongType = "wrong_type"
        /// A number or length outside of what the contract or the column allows.
        case outOfRange = "out_of_range"
        case invalidTimestamp = "invalid_timestamp"
        case invalidDate = "invalid_date"
        /// The event's time is outside of what the contract holds for plausible.
        case implausibleTime = "implausible_time"
        /// `\u0000`: JSON can say it, PostgreSQL's text and jsonb cannot hold it.
        case nulCharacter = "nul_character"
        /// Half of a surrogate pair, such as `\ud800` alone: no character.
        case unpairedSurrogate = "unpaired_surrogate"
        /// Good by its contract, but the warehouse does not take it.
        case refusedByWarehouse = "refused_by_warehouse"
    }

    public let reason: Reason
    /// The field at fault, where there is one.
    public let field: String?
    /// For people; never quotes the value.
    public let message: String

    public init(_ reason: Reason, field: String? = nil, message: String) {
        self.reason = reason
        self.field = field
        self.message = message
    }

    /// `wrong_type at price: expected a number`.
    public var description: String { "\(reason.rawValue)\(field.map { " at \($0)" } ?? ""): \(message)" }
}

/// What stopped the scanner, and where: small, because it travels through every call of the hot path.
struct Fault: Error {
    enum Detail: UInt8 {
        case unexpectedEnd, unexpectedByte, controlCharacter, badEscape, badNumber, afterEnd, none
    }

    let reason: Rejection.Reason
    var detail = Detail.none
    /// Counted in bytes from 0.
    let offset: Int
}
