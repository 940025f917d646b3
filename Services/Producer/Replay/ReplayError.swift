/// Why a replay cannot begin or go on: an exit code of 1. What was sent before is in the checkpoint.
enum ReplayError: Error, Equatable, CustomStringConvertible {
    case unreadable(String, String)
    case damaged(String, byte: Int, String)
    case header(String, String)
    case array(String, byte: Int, String)
    case checkpoint(String, String)
    case otherFile(String, checkpoint: String)
    case unwritable(String, String)
    case undelivered(String)
    case rejected(Int, of: Int, String)

    var description: String {
        switch self {
        case .unreadable(let file, let reason): "Cannot read \(file): \(reason)."
        case .damaged(let file, let byte, let reason):
            "\(file) is damaged at byte \(byte): \(reason). The records before it are dealt with, and in the checkpoint; mend "
                + "the file and send it with --restart: ids are the same, and a contract with uniqueWindow drops them."
        case .header(let file, let reason): "The header of \(file) cannot be used: \(reason)."
        case .array(let file, let byte, let reason):
            "\(file) is no JSON array at byte \(byte): \(reason). The records before it are dealt with."
        case .checkpoint(let path, let reason):
            "The checkpoint \(path) cannot be read: \(reason). Remove it, or name another with --checkpoint."
        case .otherFile(let file, let checkpoint):
            "\(file) is not the file that \(checkpoint) is about: it has changed. To send it from its beginning, use --restart."
        case .unwritable(let path, let reason): "Cannot write \(path): \(reason)."
        case .undelivered(let reason):
            "Kafka did not acknowledge everything: \(reason). Run the same command again: it goes on where the last "
                + "checkpoint is."
        case .rejected(let count, let all, let rules):
            "\(count) of \(all) records do not meet the contract and were not sent: \(rules). --rejects FILE keeps them; "
                + "--allow-rejects makes this a success."
        }
    }
}
