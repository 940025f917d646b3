// MetadataTokens: on a machine of Google's, and in its clusters, a server beside it knows who it is.
import Curl
import Foundation

/// Tokens of the account under which the machine runs.
struct MetadataTokens: TokenSource {
    static let usualHost = "metadata.google.internal"
    /// The server shows by it that it is no other one, and wants to be shown it: a page in a browser cannot.
    private static let flavor = (name: "Metadata-Flavor", value: "Google")

    let host: String
    let http: HTTPClient
    let now: @Sendable () -> Date

    var name: String { "metadata server \(host)" }

    /// Whether there is such a server: everywhere else than at Google's there is none, and finding that out must not take
    /// long. It is asked a few times, as a pod may be there some moments before it.
    func probe() async throws(LoginError) {
        var request = OutgoingRequest("GET", "http://\(host)/", headers: [Self.flavor])
        request.limits.connectMax = .seconds(3)
        request.limits.totalMax = .seconds(5)
        let response: BufferedResponse
        do throws(CurlError) {
            response = try await http.send(request)
        } catch {
            throw LoginError(description: error.description)
        }
        guard response.head.header(Self.flavor.name) == Self.flavor.value else {
            throw LoginError(description: "what answers there is not Google's metadata server")
        }
    }

    func fetch() async throws(LoginError) -> AccessToken {
        let asked = now()
        let scopes = WebText.encoded("\(GoogleScope.bigQuery),\(GoogleScope.platform)")
        let answer: TokenAnswer = try await TokenRequest.send(
            OutgoingRequest(
                "GET", "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token?scopes=\(scopes)",
                headers: [Self.flavor]), http: http)
        return AccessToken(value: answer.accessToken, expiresAt: asked.addingTimeInterval(answer.expiresIn))
    }
}
