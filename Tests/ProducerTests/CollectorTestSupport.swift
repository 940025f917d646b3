import DataContract
import Foundation
import Kafka
import Logging
import NIOHTTP1
import Pipeline

@testable import Producer

/// A pipeline with one topic, as the web-analytics pipeline has it, under a name of its own.
struct CollectorPipeline {
    let folder: PipelineFolder
    let topic: String
    let path: String

    init(topic: String = "events") throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let source = root.appending(path: "Pipelines/web-analytics/contracts/events.yaml")
        let text = try String(contentsOf: source, encoding: .utf8)
        path = NSTemporaryDirectory() + "collector-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/contracts", withIntermediateDirectories: true)
        try text.replacing("name: events #", with: "name: \(topic) #")
            .write(toFile: path + "/contracts/events.yaml", atomically: true, encoding: .utf8)
        folder = try PipelineFolder(at: path)
        self.topic = topic
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// A judge of this pipeline, with the keys of `keys` (all may do everything when there are none).
    func judge(
        keys: String = "", settings: CollectorSettings = CollectorSettings(), rules: CollectorRules? = nil
    ) throws -> RequestJudge {
        let read = keys.isEmpty ? [] : try KeyFile.read(keys, topics: [topic])
        return RequestJudge(
            contracts: try folder.contracts(), rules: rules ?? CollectorRules(topic: topic),
            ring: KeyRing(read, isOpen: keys.isEmpty), settings: settings,
            meters: CollectorMeters(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }
}

/// 2026-11-23T10:00:00Z.
let receivedAt: Int64 = 1_795_428_000_000_000

extension RequestJudge {
    func post(_ path: String, _ body: String, _ change: (inout CollectorRequest) -> Void = { _ in }) -> Verdict {
        post(path, Array(body.utf8), change)
    }

    func post(_ path: String, _ body: [UInt8], _ change: (inout CollectorRequest) -> Void = { _ in }) -> Verdict {
        var request = CollectorRequest(path: path, receivedAt: receivedAt)
        change(&request)
        return body.withUnsafeBytes { judge(request, body: $0) }
    }
}

extension Verdict {
    var answer: Answer {
        switch self {
        case .answer(let answer), .deliver(_, let answer, _): answer
        }
    }
    var status: UInt { answer.status.code }
    var text: String { String(decoding: answer.body, as: UTF8.self) }
    var deliveries: [Delivery] {
        if case .deliver(let deliveries, _, _) = self { deliveries } else { [] }
    }
    /// The events, without dead letters, as JSON objects.
    var events: [[String: Any]] {
        deliveries.filter { !$0.topic.hasSuffix(".dead-letters") }.compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.value)) as? [String: Any]
        }
    }
}
