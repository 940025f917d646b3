import DataContract

/// What of the sender is taken out of a call's `context`: SDKs put the address and the browser there as well.
struct ContextPrivacy: Sendable {
    var address = CollectorSettings.AddressPrivacy.keep
    var keepsUserAgent = true

    /// What becomes of a member.
    enum Verdict: Equatable {
        case keep, drop
        /// JSON to write in its place.
        case replace([UInt8])
    }

    /// - Parameters:
    ///   - name: The member's name, as it is written.
    ///   - value: Where its value is in `bytes`.
    func verdict(on name: some Sequence<UInt8>, _ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> Verdict {
        if name.elementsEqual("ip".utf8) {
            guard address != .keep else { return .keep }
            let text = EventChecker.text(bytes, value)
            guard let kept = ClientAddress.kept(String(decoding: text, as: UTF8.self), address) else { return .drop }
            return .replace(JSONText.quoted(Array(kept.utf8)))
        }
        // Browsers tell themselves in two members: the header's text, and its parts.
        if !keepsUserAgent, name.elementsEqual("userAgent".utf8) || name.elementsEqual("userAgentData".utf8) {
            return .drop
        }
        return .keep
    }
}
