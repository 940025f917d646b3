// CredentialChain: where credentials are looked for, in Google's order; the first place that has some counts.
import Curl
import Foundation

/// Finds out who the client is.
struct CredentialChain: Sendable {
    let settings: GoogleLoginSettings
    /// The service account to act as, with the rights of the one that is found; nil: as that one itself.
    let impersonated: String?
    let http: HTTPClient
    let environment: [String: String]
    let now: @Sendable () -> Date

    /// What was tried and why it did not do.
    private struct Attempt {
        let place: String
        let reason: String
    }

    /// - Throws: With all places that were tried, and why each did not do.
    func find() async throws(LoginError) -> any TokenSource {
        let source = try await own()
        guard let impersonated else { return source }
        return ImpersonatedTokens(account: impersonated, delegates: [], base: source, http: http)
    }

    private func own() async throws(LoginError) -> any TokenSource {
        if case .keyFile(let path) = settings { return try source(inFile: path, toldBy: "the settings") }
        if let path = variable("GOOGLE_APPLICATION_CREDENTIALS") {
            return try source(inFile: path, toldBy: "GOOGLE_APPLICATION_CREDENTIALS")
        }
        var attempts = [Attempt(place: "GOOGLE_APPLICATION_CREDENTIALS", reason: "not set")]
        if let path = leftByGcloud {
            if FileManager.default.fileExists(atPath: path) {
                return try source(inFile: path, toldBy: "gcloud auth application-default login")
            }
            attempts.append(Attempt(place: path, reason: "no such file"))
        } else {
            attempts.append(Attempt(place: "gcloud's file", reason: "neither CLOUDSDK_CONFIG nor HOME is set"))
        }
        let metadata = MetadataTokens(
            host: variable("GCE_METADATA_HOST") ?? MetadataTokens.usualHost, http: http, now: now)
        do throws(LoginError) {
            try await metadata.probe()
            return metadata
        } catch {
            attempts.append(Attempt(place: metadata.name, reason: error.description))
        }
        let tried = attempts.map { "\n  \($0.place): \($0.reason)" }.joined()
        throw LoginError(
            description:
                "no credentials for Google. Tried, in this order:\(tried)\nName a service account's key file in "
                + "GOOGLE_APPLICATION_CREDENTIALS.")
    }

    private var leftByGcloud: String? {
        let folder = variable("CLOUDSDK_CONFIG") ?? variable("HOME").map { "\($0)/.config/gcloud" }
        return folder.map { "\($0)/application_default_credentials.json" }
    }

    private func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A file that is named must do: another identity in its place would be a surprise.
    private func source(inFile path: String, toldBy who: String) throws(LoginError) -> any TokenSource {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw LoginError(
                description: "the credentials file \(path) (\(who)) cannot be read: \(error.localizedDescription)")
        }
        do throws(LoginError) {
            return try CredentialFile(json: data).source(path: path, http: http, now: now)
        } catch {
            throw LoginError(description: "the credentials file \(path) (\(who)) cannot be used: \(error)")
        }
    }
}
