import ArgumentParser
import Foundation
import ServiceRuntime

/// `scheduler set-aside`: what could not be dealt with.
struct SetAsideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-aside", abstract: "Show what could not be dealt with; try it again, or drop it.",
        discussion: """
            A message, tick, run or stored row that the scheduler cannot deal with stops nothing: it is set aside with the
            reason, and everything else goes on. /readyz warns while there is any.

              scheduler set-aside                                     what there is, and why
              scheduler set-aside --show environment/prod             the message itself
              scheduler set-aside retry environment/prod              try it again; --all for everything
              scheduler set-aside drop answer/millrace.events/1@77    forget it; a run is cancelled with it
            """,
        subcommands: [List.self, Retry.self, Drop.self], defaultSubcommand: List.self)

    struct List: StateCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "What is set aside, and why.")

        @Option(help: "Show this one with its message.") var show: String?

        func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
            let records = try await store.setAside()
            if let show {
                guard let record = records.first(where: { $0.id == show }) else {
                    throw ExitError(.failed, "Nothing of that id is set aside: \(show).")
                }
                return print("\(record.reason)\n\(record.type ?? "")\n\(record.payload ?? "")")
            }
            if records.isEmpty { return print("Nothing is set aside.") }
            print(
                TextTable.text(
                    ["ID", "SINCE", "TIMES", "REASON"],
                    records.map { [$0.id, TimeText.write($0.at), String($0.times), $0.reason] }))
        }
    }

    /// Which ones.
    struct Chosen: ParsableArguments {
        @Argument(help: "Their ids.") var ids: [String] = []
        @Flag(help: "All of them.") var all = false

        func validate() throws {
            guard all != !ids.isEmpty else { throw ValidationError("Name ids, or say --all.") }
        }
    }

    struct Retry: StateCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Have the leader try things again.",
            discussion: """
                A tick is not tried again: `scheduler trigger` does its work. Nor is what somebody wanted done to a run: ask
                for it again.
                """)

        @OptionGroup var chosen: Chosen

        func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
            let asked = try await store.retrySetAside(chosen.all ? nil : chosen.ids)
            for id in asked { Output.line("\(id) is tried again by the leader") }
            try SetAsideCommand.check(asked, chosen)
        }
    }

    struct Drop: StateCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop", abstract: "Forget things; a run is cancelled with it.")

        @OptionGroup var chosen: Chosen

        func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
            let dropped = try await store.dropSetAside(chosen.all ? nil : chosen.ids)
            for id in dropped { Output.line("\(id) is dropped") }
            try SetAsideCommand.check(dropped, chosen)
        }
    }

    private static func check(_ done: [String], _ chosen: Chosen) throws {
        let missing = chosen.ids.filter { !done.contains($0) }
        guard missing.isEmpty else {
            throw ExitError(.failed, "Nothing to be done about \(missing.joined(separator: ", ")).")
        }
    }
}
