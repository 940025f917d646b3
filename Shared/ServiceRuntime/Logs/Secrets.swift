// Secrets: what must not reach a log, an error or a terminal. Settings remember every secret they read here; whatever
// is written afterwards has those texts replaced. A last line of defence: code still must not log them.
import Synchronization

/// The secrets of this process.
public enum Secrets {
    private static let known = Mutex<[String]>([])
    /// Shorter texts are left alone: they would blot out ordinary words.
    private static let lengthMin = 6
    private static let names = [
        "password", "passwd", "secret", "token", "authorization", "cookie", "api_key", "apikey",
    ]

    /// What stands in a secret's place.
    public static let mask = "***"

    /// From now on `text` is replaced wherever it would be written.
    public static func remember(_ text: String) {
        guard text.utf8.count >= lengthMin else { return }
        known.withLock { known in
            guard !known.contains(text) else { return }
            known.append(text)
            known.sort { $0.utf8.count > $1.utf8.count }  // the longest first: one secret may hold another
        }
    }

    /// `text` without any known secret in it.
    public static func masked(_ text: String) -> String {
        let known = known.withLock { $0 }
        guard !known.isEmpty else { return text }
        var text = text
        for secret in known where text.contains(secret) { text = text.replacing(secret, with: mask) }
        return text
    }

    /// True for the names under which secrets travel: `sasl.password`, `Authorization` …
    public static func isSecretName(_ name: String) -> Bool {
        let name = name.lowercased()
        return names.contains { name.contains($0) }
    }
}
