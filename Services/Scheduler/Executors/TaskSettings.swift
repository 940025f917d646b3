// TaskSettings: what tasks of `dags/*.yaml` may use: a role, secrets, a mail server.
import Curl
import Foundation
import ServiceRuntime

/// What may be set about tasks that the scheduler carries out itself.
public struct TaskSettings: Sendable {
    static let secretsSetting = Setting<String>.text(
        "scheduler.secrets",
        "A folder with secrets of tasks and alerts, a file each: `dags/*.yaml` says their names alone."
    ).optional
    static let sqlRoleSetting = Setting<String>.text(
        "scheduler.sql_role",
        "The role that statements of `dags/*.yaml` run as; the scheduler's own when left out. Its user must be a member."
    ).optional
    static let hostSetting = Setting<String>.text(
        "scheduler.smtp_host", "The mail server for mails of tasks and alerts."
    ).optional
    static let portSetting = Setting<Int>.integer(
        "scheduler.smtp_port", default: 587, in: 1...65535, "Its port.")
    static let securitySetting = Setting<SMTPServer.Security>.choice(
        "scheduler.smtp_security", default: .startTLS,
        "How the connection is protected; `none` only for a server on this machine, and without a log-in.")
    static let userSetting = Setting<String>.text("scheduler.smtp_user", "Whom to log in as.").optional
    static let passwordSetting = Setting<String>.secret("scheduler.smtp_password", "The password to log in with.")
        .optional
    static let fromSetting = Setting<String>.text(
        "scheduler.smtp_from", "The address that mails come from; needed with a mail server."
    ).optional

    /// `SCHEDULER_SECRETS`, `SCHEDULER_SQL_ROLE` and `SCHEDULER_SMTP_…`.
    public static let group = SettingGroup(
        "Tasks and alerts",
        [
            secretsSetting, sqlRoleSetting, hostSetting, portSetting, securitySetting, userSetting, passwordSetting,
            fromSetting,
        ])

    /// Where mails go out.
    public struct MailServer: Sendable {
        public var server: SMTPServer
        public var from: MailAddress

        public init(server: SMTPServer, from: MailAddress) {
            self.server = server
            self.from = from
        }
    }

    /// A folder.
    public var secrets: String?
    public var sqlRole: String?
    public var mail: MailServer?

    public init(secrets: String? = nil, sqlRole: String? = nil, mail: MailServer? = nil) {
        self.secrets = secrets
        self.sqlRole = sqlRole
        self.mail = mail
    }

    public init(_ settings: Settings) throws(SettingsError) {
        secrets = try settings.value(of: Self.secretsSetting)
        sqlRole = try settings.value(of: Self.sqlRoleSetting)
        let port = try settings.value(of: Self.portSetting)
        let security = try settings.value(of: Self.securitySetting)
        let (user, password) = (try settings.value(of: Self.userSetting), try settings.value(of: Self.passwordSetting))
        guard let host = try settings.value(of: Self.hostSetting) else { return }
        guard let from = try settings.value(of: Self.fromSetting) else {
            throw SettingsError(Self.fromSetting, "is missing; SCHEDULER_SMTP_HOST needs it.")
        }
        do throws(CurlError) {
            mail = MailServer(
                server: SMTPServer(host: host, port: port, security: security, user: user, password: password),
                from: try MailAddress(from, name: "Millrace"))
        } catch {
            throw SettingsError(Self.fromSetting, "is no address. \(error)")
        }
    }

    /// The secret in the file of that name.
    /// - Throws: ``TaskFailed`` when there is none; never what it says.
    func secret(_ name: String) throws(TaskFailed) -> String {
        guard let secrets else {
            throw TaskFailed(
                "secret", "The secret `\(name)` is looked for in the folder SCHEDULER_SECRETS, which is not set.",
                isRetriable: false)
        }
        guard PoolName.isGood(name), let data = FileManager.default.contents(atPath: "\(secrets)/\(name)") else {
            throw TaskFailed(
                "secret", "There is no file `\(name)` in the folder SCHEDULER_SECRETS, or it cannot be read.",
                isRetriable: false)
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard !text.isEmpty else {
            throw TaskFailed("secret", "The file `\(name)` in SCHEDULER_SECRETS is empty.", isRetriable: false)
        }
        return text
    }
}
