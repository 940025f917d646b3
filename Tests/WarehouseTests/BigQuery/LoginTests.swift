import Cryptography
import Curl
import Foundation
import Synchronization
import TestKit
import Testing

@testable import Warehouse

/// A clock that a test sets.
final class SetClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_796_000_000))
    var now: Date { time.withLock { $0 } }
    func pass(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
}

@Suite("Who Google is told we are", .timeLimit(.minutes(20))) struct LoginTests {
    private let clock = SetClock()
    private let http: HTTPClient = {
        var retries = RetryPolicy()
        retries.firstDelay = .milliseconds(1)
        return HTTPClient(retries: retries, logger: PostgresTestServer.logger())
    }()

    private func chain(
        _ settings: GoogleLoginSettings, _ environment: [String: String] = [:]
    ) -> CredentialChain {
        let clock = self.clock
        return CredentialChain(
            settings: settings, impersonated: nil, http: http, environment: environment, now: { clock.now })
    }

    private func login(_ chain: CredentialChain) -> GoogleLogin {
        let clock = self.clock
        return GoogleLogin(now: { clock.now }) { () async throws(LoginError) in try await chain.find() }
    }

    private func refusal(_ login: GoogleLogin) async -> LoginError? {
        do throws(LoginError) {
            _ = try await login.token()
            return nil
        } catch {
            return error
        }
    }

    private static func temporaryFile(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)-\(name)").path
    }

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        (process.standardError, process.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw HelperMissing(description: "openssl \(arguments) failed") }
    }

    /// A key file of a service account, with a new key; `key`: where that is by itself.
    static func keyFile(_ address: String) throws -> (path: String, key: String) {
        let key = temporaryFile("key.pem"), path = temporaryFile("account.json")
        try openssl(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key])
        let account = [
            "type": "service_account", "client_email": "loader@shop.iam.gserviceaccount.com", "private_key_id": "k1",
            "private_key": try String(contentsOfFile: key, encoding: .utf8), "token_uri": address + "/token",
        ]
        try JSONEncoder().encode(account).write(to: URL(filePath: path))
        return (path, key)
    }

    private static func file(_ json: String) throws -> String {
        let path = temporaryFile("credentials.json")
        try json.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func token(_ text: String, seconds: Int = 3_600) -> String {
        #"{"access_token":"\#(text)","expires_in":\#(seconds),"token_type":"Bearer"}"#
    }

    @Test("a service account's key signs a claim that its public half verifies")
    func serviceAccount() async throws {
        let google = try await GoogleDouble([.answer("POST", "/token", 200, Self.token("t1"))])
        let (path, key) = try Self.keyFile(google.address)
        #expect(try await login(chain(.keyFile(path))).token() == "t1")
        let request = try #require(try await google.seen().first)
        let form = Dictionary(
            uniqueKeysWithValues: request.body.split(separator: "&").map { field in
                let parts = field.split(separator: "=").map { String($0).removingPercentEncoding ?? "" }
                return (parts[0], parts[1])
            })
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let parts = try #require(form["assertion"]).split(separator: ".").map { Self.fromBase64URL(String($0)) }
        let header = try #require(try JSONSerialization.jsonObject(with: parts[0]) as? [String: String])
        #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "k1"])
        let claims = try #require(try JSONSerialization.jsonObject(with: parts[1]) as? [String: Any])
        #expect(claims["iss"] as? String == "loader@shop.iam.gserviceaccount.com")
        #expect(claims["aud"] as? String == google.address + "/token")
        #expect(claims["iat"] as? Int == 1_796_000_000 && claims["exp"] as? Int == 1_796_003_600)
        #expect((claims["scope"] as? String)?.contains("https://www.googleapis.com/auth/bigquery") == true)
        let publicKey = Self.temporaryFile("public.pem"), signature = Self.temporaryFile("signature")
        let signed = Self.temporaryFile("signed")
        try Self.openssl(["pkey", "-in", key, "-pubout", "-out", publicKey])
        try parts[2].write(to: URL(filePath: signature))
        let text = try #require(form["assertion"]).split(separator: ".").prefix(2).joined(separator: ".")
        try text.write(toFile: signed, atomically: true, encoding: .utf8)
        try Self.openssl(["dgst", "-sha256", "-verify", publicKey, "-signature", signature, signed])
    }

    private static func fromBase64URL(_ text: String) -> Data {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)) ?? Data()
    }

    @Test("a token is kept until five minutes before its end, and then replaced")
    func refreshing() async throws {
        let google = try await GoogleDouble(["t1", "t2"].map { .answer("POST", "/token", 200, Self.token($0)) })
        let login = login(chain(.keyFile(try Self.keyFile(google.address).path)))
        #expect(try await login.token() == "t1")
        clock.pass(3_600 - 301)
        #expect(try await login.token() == "t1")
        clock.pass(2)
        #expect(try await login.token() == "t2")
        #expect(try await google.seen().count == 2)
    }

    @Test("a token that still holds is used when there is no newer one; one that is over is not")
    func holding() async throws {
        let google = try await GoogleDouble([
            .answer("POST", "/token", 200, Self.token("t1")),
            .answer("POST", "/token", 400, #"{"error":"invalid_grant","error_description":"no more"}"#, times: 2),
        ])
        let login = login(chain(.keyFile(try Self.keyFile(google.address).path)))
        #expect(try await login.token() == "t1")
        clock.pass(3_400)
        #expect(try await login.token() == "t1")
        clock.pass(200)
        let error = await refusal(login)
        #expect(error?.description.contains("400: invalid_grant, no more") == true)
        #expect(error?.isRetriable == false)
    }

    @Test("a token that the server refuses is replaced, once for all who were refused with it")
    func refused() async throws {
        let google = try await GoogleDouble(["t1", "t2", "t3"].map { .answer("POST", "/token", 200, Self.token($0)) })
        let login = login(chain(.keyFile(try Self.keyFile(google.address).path)))
        #expect(try await login.token() == "t1")
        #expect(try await login.token(insteadOf: "t1") == "t2")
        #expect(try await login.token(insteadOf: "t1") == "t2")
        #expect(try await login.token() == "t2")
    }

    @Test("many who need a token at once ask for one")
    func singleFlight() async throws {
        let google = try await GoogleDouble((1...9).map { .answer("POST", "/token", 200, Self.token("t\($0)")) })
        let login = login(chain(.keyFile(try Self.keyFile(google.address).path)))
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await login.token() } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(tokens == ["t1"])
        #expect(try await google.seen().count == 1)
    }

    @Test("who gives up waiting does not take the token from the others")
    func givingUp() async throws {
        let google = try await GoogleDouble([.answer("POST", "/token", 200, Self.token("t1"))])
        let login = login(chain(.keyFile(try Self.keyFile(google.address).path)))
        let hasty = Task { try await login.token() }
        let patient = Task { try await login.token() }
        hasty.cancel()
        #expect(try await patient.value == "t1")
        #expect(try await google.seen().count == 1)
    }

    @Test("a server that fails for now is asked again")
    func retries() async throws {
        let google = try await GoogleDouble([
            .answer("POST", "/token", 503), .init(path: "/token", action: "drop"),
            .answer("POST", "/token", 200, Self.token("t1")),
        ])
        #expect(try await login(chain(.keyFile(try Self.keyFile(google.address).path))).token() == "t1")
    }

    @Test("the environment's file comes before gcloud's, and that before the metadata server")
    func order() async throws {
        let google = try await GoogleDouble([
            .answer("POST", "/token", 200, Self.token("key")),
            .answer("POST", "/token", 200, Self.token("person")),
            .answer("GET", "/", 200, "", headers: ["Metadata-Flavor": "Google"]),
            .answer("GET", "/computeMetadata/v1/instance/service-accounts/default/token", 200, Self.token("machine")),
        ])
        let folder = Self.temporaryFile("gcloud")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let address = google.address
        try """
        {"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","token_uri":"\(address)/token"}
        """.write(toFile: folder + "/application_default_credentials.json", atomically: true, encoding: .utf8)
        var environment = [
            "GOOGLE_APPLICATION_CREDENTIALS": try Self.keyFile(address).path, "CLOUDSDK_CONFIG": folder,
            "GCE_METADATA_HOST": "127.0.0.1:\(google.server.port)",
        ]
        #expect(try await login(chain(.applicationDefault, environment)).token() == "key")
        environment["GOOGLE_APPLICATION_CREDENTIALS"] = ""
        #expect(try await login(chain(.applicationDefault, environment)).token() == "person")
        #expect(
            try await google.seen().last?.body == "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r"
        )
        environment["CLOUDSDK_CONFIG"] = folder + "/none"
        #expect(try await login(chain(.applicationDefault, environment)).token() == "machine")
        #expect(try await google.seen().suffix(2).allSatisfy { $0.headers["metadata-flavor"] == "Google" })
    }

    @Test("without any, the error names each place and why it did not do")
    func nothing() async throws {
        let google = try await GoogleDouble()
        let host = "127.0.0.1:\(google.server.port)"
        let error = await refusal(
            login(chain(.applicationDefault, ["HOME": "/nowhere", "GCE_METADATA_HOST": host])))
        #expect(
            error?.description == """
                no credentials for Google. Tried, in this order:
                  GOOGLE_APPLICATION_CREDENTIALS: not set
                  /nowhere/.config/gcloud/application_default_credentials.json: no such file
                  metadata server \(host): what answers there is not Google's metadata server
                Name a service account's key file in GOOGLE_APPLICATION_CREDENTIALS.
                """)
        #expect(error?.isRetriable == false)
    }

    @Test("a metadata server that comes a moment later is found")
    func late() async throws {
        let google = try await GoogleDouble([
            .init(path: "/", action: "drop"), .answer("GET", "/", 503),
            .answer("GET", "/", 200, "", headers: ["Metadata-Flavor": "Google"]),
            .answer("GET", "/computeMetadata/.*", 200, Self.token("machine")),
        ])
        let host = "127.0.0.1:\(google.server.port)"
        let login = login(chain(.applicationDefault, ["HOME": "/nowhere", "GCE_METADATA_HOST": host]))
        #expect(try await login.token() == "machine")
    }

    @Test("acts as another account, whose tokens it gets with its own")
    func impersonation() async throws {
        let google = try await GoogleDouble([
            .answer("POST", "/token", 200, Self.token("own"), times: 2),
            .answer("POST", "/as", 200, #"{"accessToken":"other","expireTime":"2026-11-30T10:53:20.123456Z"}"#),
            .failure("POST", "/as", 403, "PERMISSION_DENIED"),
        ])
        let address = google.address
        let path = try Self.file(
            """
            {"type":"impersonated_service_account","service_account_impersonation_url":"\(address)/as","delegates":["d"],
             "source_credentials":{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r",
               "token_uri":"\(address)/token"}}
            """)
        let login = login(chain(.keyFile(path)))
        #expect(try await login.token() == "other")
        let request = try #require(try await google.seen().last)
        #expect(request.headers["authorization"] == "Bearer own")
        #expect(request.body.contains(#""lifetime":"3600s""#) && request.body.contains(#""delegates":["d"]"#))
        clock.pass(90_000)
        let error = await refusal(login)
        #expect(error?.description == "127.0.0.1 answered 403: it is so")
    }

    @Test("an account that is named to be acted as is asked for at Google's service")
    func impersonatedByName() async throws {
        let google = try await GoogleDouble([
            .answer(
                "POST", "/v1/projects/-/serviceAccounts/a%40b:generateAccessToken", 200,
                #"{"accessToken":"other","expireTime":"2026-11-30T10:53:20Z"}"#)
        ])
        struct Fixed: TokenSource {
            let name = "fixed"
            func fetch() async throws(LoginError) -> AccessToken {
                AccessToken(value: "own", expiresAt: .distantFuture)
            }
        }
        let source = ImpersonatedTokens(
            account: "a@b", delegates: [], base: Fixed(), http: http, service: google.address)
        #expect(
            try await source.fetch()
                == AccessToken(value: "other", expiresAt: Date(timeIntervalSince1970: 1_796_036_000)))
    }

    @Test(
        "a file that cannot be used says why, and nothing of what is in it",
        arguments: [
            (#"{"type":"service_account","client_email":"a@b","private_key":"secret"}"#, "not in PEM form"),
            (#"{"type":"service_account","private_key":"secret"}"#, "private_key: "),
            (#"{"type":"authorized_user","client_id":"c","refresh_token":"secret"}"#, "client_secret is missing"),
            (#"{"type":"external_account","audience":"secret"}"#, "type external_account are not supported"),
            (
                #"{"type":"impersonated_service_account","service_account_impersonation_url":"secret"}"#,
                "source_credentials"
            ),
            ("secret", "not a JSON object"), (#"["secret"]"#, "not a JSON object"),
        ])
    func badFiles(json: String, says: String) async throws {
        let path = try Self.file(json)
        let error = await refusal(login(chain(.applicationDefault, ["GOOGLE_APPLICATION_CREDENTIALS": path])))
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
        #expect(error?.description.contains(path) == true)
        #expect(error?.description.contains("GOOGLE_APPLICATION_CREDENTIALS") == true)
        #expect(error?.description.contains("secret\"") == false)
        #expect(error?.isRetriable == false)
    }

    @Test("a file that is named and missing is an error: no other identity takes its place")
    func missingFile() async throws {
        let google = try await GoogleDouble([
            .answer("GET", "/", 200, "", headers: ["Metadata-Flavor": "Google"])
        ])
        let host = "127.0.0.1:\(google.server.port)"
        let error = await refusal(
            login(
                chain(
                    .applicationDefault,
                    ["GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json", "GCE_METADATA_HOST": host])))
        #expect(error?.description.hasPrefix("the credentials file /nowhere.json") == true)
        #expect(try await google.seen().isEmpty)
    }
}
