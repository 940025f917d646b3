// ContractWatch: looks at the files of contracts while the sink runs.
import Logging
import Pipeline
import Warehouse

/// Takes up contracts that change.
struct ContractWatch {
    let folder: PipelineFolder
    let gate: ContractGate
    let logger: Logger
    var every: Duration = .seconds(3)

    /// Until it is cancelled.
    /// - Parameter first: What was read at the start.
    func run(since first: ReadContracts) async {
        var (texts, read) = (self.texts(), first)
        var isFirst = true
        while !Task.isCancelled {
            do { try await Task.sleep(for: every) } catch { return }
            let now = self.texts()
            // Something set aside is tried again: its table may be there by now. The files may have changed before the
            // first look at their texts.
            guard now != texts || isFirst || gate.book.warning != nil else { continue }
            if now != texts || isFirst { read = folder.readContracts() }
            do {
                try await gate.admit(read)
                (texts, isFirst) = (now, false)
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("contracts not taken up yet", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The files as they are, by name; `nil` for one that cannot be read.
    private func texts() -> [String: String?] {
        var texts: [String: String?] = [:]
        for file in folder.files(in: "contracts", extensions: ["yaml", "yml"]) {
            // Why one cannot be read is told when it is read as a contract.
            texts[file] = .some(try? folder.text(of: file))
        }
        return texts
    }
}
