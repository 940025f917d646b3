import ArgumentParser
import Foundation
import ServiceRuntime
import Web

/// `bi-api create-user ada --role editor`.
struct CreateUser: AsyncParsableCommand {
    static let passwordSetting = Setting<String>.secret(
        "bi.user_password", "The password that `create-user` gives; without, it asks or reads standard input."
    ).optional
    static let passwordGroup = SettingGroup("New user", [passwordSetting])

    static let configuration = CommandConfiguration(
        commandName: "create-user", abstract: "Adds somebody who may log in, or changes them.",
        discussion: """
            The password comes from BI_USER_PASSWORD, from the file that BI_USER_PASSWORD_FILE or --bi-user-password-file \
            names, from standard input (--password-stdin), or is asked for. It is stored as a salted scrypt hash.

            EXAMPLES:
              bi-api create-user ada --role editor
              BI_USER_PASSWORD_FILE=/run/secrets/admin bi-api create-user admin --role admin --update
              openssl rand -base64 15 | tee password | bi-api create-user bob --role viewer --password-stdin

            """
                + SettingsDocument.help(for: [PostgresEndpoint.group, passwordGroup]))

    @Argument(help: "The name to log in with: letters, digits, `.`, `_`, `-` and `@`.")
    var name: String

    @Option(help: "viewer (dashboards), editor (and SQL), operator (and schedules), admin.")
    var role: Role

    @Flag(help: "Read the password from the first line of standard input.")
    var passwordStdin = false

    @Flag(help: "When there is such a user, change role and password, and end their sessions.")
    var update = false

    func validate() throws {
        let isName = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "._-@".utf8.contains($0)
        }
        guard isName, (1...64).contains(name.utf8.count) else {
            throw ValidationError("A name has 1 to 64 letters, digits, `.`, `_`, `-` or `@`.")
        }
    }

    func run() async throws {
        let settings = try await Settings.load(biAPI, groups: [PostgresEndpoint.group, Self.passwordGroup])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let password = try settings.value(of: Self.passwordSetting) ?? readPassword()
        let hash: String
        do throws(PasswordError) {
            hash = try await PasswordHasher().hash(password)
        } catch {
            throw ExitError(.failed, error.description)
        }
        let state = try await StateStore.open(PostgresEndpoint(settings), connectionsMax: 1, logger: logger)
        let outcome = try await state.closing {
            try await state.saveUser(name, role, passwordHash: hash, update: update)
        }
        switch outcome {
        case .created: Output.line("Created \(name) (\(role.rawValue)).")
        case .updated: Output.line("Changed \(name) (\(role.rawValue)); open sessions are over.")
        case .exists:
            throw ExitError(.failed, "There is a user \(name) already. Use --update to change role and password.")
        }
    }

    private func readPassword() throws -> String {
        if !passwordStdin, Terminal.isInput {
            let password = try Terminal.readSecret("Password for \(name): ")
            guard try Terminal.readSecret("Once more: ") == password else {
                throw ExitError(.failed, "The two passwords differ. Nothing was changed.")
            }
            return password
        }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw ExitError(.usage, "No password: standard input is empty. Set BI_USER_PASSWORD_FILE, or type it.")
        }
        return line
    }
}

extension Role: ExpressibleByArgument {}
