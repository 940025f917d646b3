// Mail: a message as a value, and as RFC 5322 writes it. No text of a caller can become a header.
import Foundation

/// Somebody's address.
public struct MailAddress: Sendable, Equatable {
    public let address: String
    public let name: String?

    /// - Throws: for what is not `local@domain` in plain characters.
    public init(_ address: String, name: String? = nil) throws(CurlError) {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), address.utf8.count <= 254,
            address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"<>()[]\\,;:\"".utf8.contains($0) })
        else { throw .invalidRequest("\"\(address)\" is not a mail address") }
        self.address = address
        self.name = name
    }

    var domain: String { address.split(separator: "@").last.map(String.init) ?? "" }
    var header: String { name.map { "\(MailText.word($0)) <\(address)>" } ?? "<\(address)>" }
}

/// A message.
public struct Mail: Sendable {
    public var from: MailAddress
    public var to: [MailAddress]
    public var subject: String
    public var text: String
    /// The same for readers that show HTML.
    public var html: String?
    /// More headers, such as `Auto-Submitted`.
    public var headers: [(name: String, value: String)]
    /// Names the message for good: a mail that is given twice with one id can be told apart from two mails.
    public var id: String

    public init(
        from: MailAddress, to: [MailAddress], subject: String, text: String, html: String? = nil,
        headers: [(name: String, value: String)] = [], id: String = UUID().uuidString.lowercased()
    ) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.headers = headers
        self.id = id
    }

    /// - Throws: for a mail to nobody, or a header that is none.
    func text(now: Date) throws(CurlError) -> String {
        guard !to.isEmpty else { throw .invalidRequest("the mail has no recipient") }
        var lines = [
            "Date: \(MailText.date(now))", "From: \(from.header)",
            "To: \(to.map(\.header).joined(separator: ",\r\n "))",
            "Subject: \(MailText.word(subject))", "Message-ID: <\(MailText.plain(id))@\(from.domain)>",
            "MIME-Version: 1.0",
        ]
        let own: Set<String> = ["date", "from", "to", "cc", "bcc", "subject", "message-id", "mime-version"]
        for (name, value) in headers {
            let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            guard isName, !own.contains(name.lowercased()), !name.lowercased().hasPrefix("content-") else {
                throw .invalidRequest("\"\(MailText.plain(name))\" cannot be a further header")
            }
            lines.append("\(name): \(MailText.word(value))")
        }
        guard let html else { return (lines + MailText.part(text, type: "plain")).joined(separator: "\r\n") + "\r\n" }
        let boundary = "millrace-\(MailText.plain(id))"
        lines += ["Content-Type: multipart/alternative; boundary=\"\(boundary)\"", "", "--\(boundary)"]
        lines += MailText.part(text, type: "plain") + ["--\(boundary)"]
        lines += MailText.part(html, type: "html") + ["--\(boundary)--"]
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}

/// Text for mail headers and bodies.
enum MailText {
    /// A header's text: as it is when it is plain, else in encoded words of at most 75 characters.
    static func word(_ text: String) -> String {
        if text.utf8.count <= 60, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && !"\"<>@,;:=?".utf8.contains($0) }) {
            return text
        }
        var words: [String] = []
        var piece = ""
        for character in text where !character.isNewline {
            if (piece + String(character)).utf8.count > 42 {
                words.append(piece)
                piece = ""
            }
            piece.append(character)
        }
        return (words + [piece]).map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    /// A body part with its headers: base64, so that neither line lengths nor lone dots matter.
    static func part(_ text: String, type: String) -> [String] {
        let encoded = Data(text.utf8).base64EncodedString()
        var lines = ["Content-Type: text/\(type); charset=utf-8", "Content-Transfer-Encoding: base64", ""]
        var start = encoded.startIndex
        while start < encoded.endIndex {
            let end = encoded.index(start, offsetBy: 76, limitedBy: encoded.endIndex) ?? encoded.endIndex
            lines.append(String(encoded[start..<end]))
            start = end
        }
        return lines
    }

    /// Only what may stand in an id.
    static func plain(_ text: String) -> String {
        text.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }

    static func date(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return formatter.string(from: date)
    }
}
