import ArgumentParser
import ControlPlane
import Foundation
import ServiceRuntime

/// `transformer set-aside`
struct SetAsideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-aside", abstract: "Show messages that could not be dealt with; try them again, or drop them.",
        discussion: """
            A message that the transformer cannot record, or that no broker will take, stops nothing: it is set aside with
            the reason, and everything else goes on. /readyz warns while there is any.

              transformer set-aside                                      what there is, and why
              transformer set-aside --show message/millrace.events/1@77  the message itself
              transformer set-aside --retry outbox/01935a22-…            try it again
              transformer set-aside --drop gap/millrace.events/1         forget it
            """)

    @Option(help: "Show this one with its message.") var show: String?
    @Option(help: "Try this one again; `all` for every one.") var retry: String?
    @Option(help: "Forget this one; `all` for every one.") var drop: String?

    func validate() throws {
        guard [show, retry, drop].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("Give one of --show, --retry and --drop.")
        }
    }

    func run() async throws {
        try await CommandSupport.withWorkbench { workbench, settings in
            let rows = try await workbench.store.setAsideRows()
            if let id = show {
                let row = try Self.chosen(id, among: rows)[0]
                return print("\(row.reason)\n\(row.type)\n\(row.payload)")
            }
            if let id = drop {
                for row in try Self.chosen(id, among: rows) {
                    try await workbench.store.dropSetAside(row.id)
                    Output.line("\(row.id) is dropped")
                }
                return
            }
            if let id = retry {
                for row in try Self.chosen(id, among: rows) { try await Self.again(row, workbench) }
                return
            }
            if rows.isEmpty { print("Nothing is set aside.") }
            for row in rows { print("\(row.id)  \(row.at)  \(row.times)x  \(row.type)  \(row.reason)") }
        }
    }

    private static func chosen(_ id: String, among rows: [SetAsideRow]) throws -> [SetAsideRow] {
        let found = id == "all" ? rows : rows.filter { $0.id == id }
        guard !found.isEmpty else { throw ExitError(.failed, "Nothing of that id is set aside: \(id).") }
        return found
    }

    private static func again(_ row: SetAsideRow, _ workbench: Workbench) async throws {
        switch row.kind {
        case StateStore.outboxKind:
            try await workbench.store.sendAgain(row)
        case StateStore.messageKind:
            let recorder = ControlRecorder(
                store: workbench.store, catalog: workbench.catalog, commandArrived: WakeUp(), messageWaits: WakeUp(),
                name: "transformer set-aside", logger: workbench.logger)
            guard let message = try OutboxMessage(type: row.type, payload: row.payload).message() else {
                throw ExitError(.failed, "\(row.id): messages of type \(row.type) are not known to this version.")
            }
            _ = try await recorder.record(message)
            try await workbench.store.dropSetAside(row.id)
        default:
            return Output.line("\(row.id): there is nothing to try again; --drop it when it is dealt with")
        }
        Output.line("\(row.id) is done")
    }
}
