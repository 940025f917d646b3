import DataContract

/// The contracts of a folder, and what is wrong with those that cannot be read.
public struct ReadContracts: Sendable, Equatable {
    /// Sorted by topic.
    public var contracts: [Contract] = []
    /// A file each: not a contract, or a second one of a topic or table.
    public var problems: [PipelineError] = []

    public init(contracts: [Contract] = [], problems: [PipelineError] = []) {
        self.contracts = contracts
        self.problems = problems
    }
}

extension PipelineFolder {
    /// The contracts of `contracts/`, sorted by topic; none when the folder has no such part.
    /// - Throws: ``PipelineError`` for the first mistake: a file that is not a contract, two contracts of one topic or
    ///   of one table.
    public func contracts() throws(PipelineError) -> [Contract] {
        let read = readContracts()
        if let problem = read.problems.first { throw problem }
        return read.contracts
    }

    /// The same, with the files that are no contracts set aside: one that is broken does not keep the others from work.
    public func readContracts() -> ReadContracts {
        var read = ReadContracts()
        for file in files(in: "contracts", extensions: ["yaml", "yml"]) {
            do throws(PipelineError) {
                read.contracts.append(try contract(in: file, beside: read.contracts))
            } catch {
                read.problems.append(error)
            }
        }
        read.contracts.sort { $0.topic.name < $1.topic.name }
        return read
    }

    private func contract(in file: String, beside others: [Contract]) throws(PipelineError) -> Contract {
        let text = try text(of: file)
        let contract: Contract
        do throws(ContractError) {
            contract = try Contract(yaml: text, file: file)
        } catch {
            throw PipelineError(error)
        }
        if let other = others.first(where: { $0.topic.name == contract.topic.name }) {
            throw PipelineError(
                file: file, message: "Topic \(contract.topic.name) has a contract already: \(other.file).")
        }
        if let other = others.first(where: { $0.table == contract.table }) {
            throw PipelineError(file: file, message: "Table \(contract.table) has a contract already: \(other.file).")
        }
        return contract
    }
}

extension PipelineError {
    /// The first problem of a contract, with the others in the lines below it.
    init(_ error: ContractError) {
        let others = error.problems.dropFirst().map { problem in
            let place = [problem.line, problem.column].compactMap { $0.map { ":\($0)" } }.joined()
            return "\n\(error.file)\(place): \(problem)"
        }
        self.init(
            file: error.file, line: error.problems.first?.line, column: error.problems.first?.column,
            message: (error.problems.first?.description ?? "") + others.joined())
    }
}
