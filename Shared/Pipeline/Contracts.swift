import DataContract

extension PipelineFolder {
    /// The contracts of `contracts/`, sorted by topic; none when the folder has no such part.
    /// - Throws: ``PipelineError`` for the first mistake: a file that is not a contract, two contracts of one topic or
    ///   of one table.
    public func contracts() throws(PipelineError) -> [Contract] {
        var contracts: [Contract] = []
        for file in files(in: "contracts", extensions: ["yaml", "yml"]) {
            let contract: Contract
            do {
                contract = try Contract(yaml: text(of: file), file: file)
            } catch let error as ContractError {
                throw PipelineError(error)
            } catch let error as PipelineError {
                throw error
            } catch {
                throw PipelineError(file: file, message: "\(error)")
            }
            if let other = contracts.first(where: { $0.topic.name == contract.topic.name }) {
                throw PipelineError(
                    file: file, message: "Topic \(contract.topic.name) has a contract already: \(other.file).")
            }
            if let other = contracts.first(where: { $0.table == contract.table }) {
                throw PipelineError(
                    file: file, message: "Table \(contract.table) has a contract already: \(other.file).")
            }
            contracts.append(contract)
        }
        return contracts.sorted { $0.topic.name < $1.topic.name }
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
