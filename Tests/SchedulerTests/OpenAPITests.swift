import Foundation
import HTTPTypes
import Testing

@testable import Scheduler

/// What `/api/openapi.json` says is what the service does.
@Suite("The API's description", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10))) struct OpenAPITests {
    private struct Document {
        let root: [String: Any]

        init(_ text: String) throws {
            root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        var paths: [String: [String: Any]] { root["paths"] as? [String: [String: Any]] ?? [:] }

        var routes: Set<String> {
            Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
        }

        /// The schema of an answer.
        func schema(_ method: String, _ path: String, _ status: Int) throws -> [String: Any] {
            let operation = try #require(paths[path]?[method] as? [String: Any])
            let answers = try #require(operation["responses"] as? [String: Any])
            let answer = try #require(answers[String(status)] as? [String: Any], "\(method) \(path) \(status)")
            let content = try #require(answer["content"] as? [String: Any])
            return try #require((content["application/json"] as? [String: Any])?["schema"] as? [String: Any])
        }

        private func resolved(_ schema: [String: Any]) -> [String: Any] {
            guard let name = (schema["$ref"] as? String)?.split(separator: "/").last else { return schema }
            let schemas = (root["components"] as? [String: Any])?["schemas"] as? [String: Any]
            return schemas?[String(name)] as? [String: Any] ?? [:]
        }

        /// What of a value the schema does not have, or has otherwise.
        func problems(_ value: Any, _ given: [String: Any], at place: String = "") -> [String] {
            let schema = resolved(given)
            var found: [String] = []
            if let allowed = schema["enum"] as? [String], let text = value as? String, !allowed.contains(text) {
                found.append("\(place): \(text) is none of \(allowed)")
            }
            switch schema["type"] as? String {
            case "object":
                guard let object = value as? [String: Any] else { return ["\(place) is no object"] }
                let known = schema["properties"] as? [String: [String: Any]] ?? [:]
                for name in schema["required"] as? [String] ?? [] where object[name] == nil {
                    found.append("\(place).\(name) is missing")
                }
                for (name, field) in object {
                    if let schema = known[name] {
                        found += problems(field, schema, at: "\(place).\(name)")
                    } else if schema["additionalProperties"] == nil {
                        found.append("\(place).\(name) is not described")
                    }
                }
            case "array":
                guard let list = value as? [Any] else { return ["\(place) is no array"] }
                guard let items = schema["items"] as? [String: Any] else { break }
                for (index, entry) in list.enumerated() { found += problems(entry, items, at: "\(place)[\(index)]") }
            case "string": if !(value is String) { found.append("\(place) is no string") }
            case "integer", "number", "boolean":
                if !(value is NSNumber) { found.append("\(place) is no number or flag") }
            default: break
            }
            return found
        }
    }

    @Test("names every route, and no other")
    func routes() async throws {
        try await API.with { api in
            #expect(try await api.get("/api/openapi.json", as: nil).status == .unauthorized)
            let document = try Document(try await api.get("/api/openapi.json", as: .viewer).text)
            let there = api.routes.filter { $0.contains(" /api/v1/") && !$0.hasPrefix("HEAD ") }
            #expect(there == document.routes, "\(there.symmetricDifference(document.routes).sorted())")
            #expect(document.root["openapi"] as? String == "3.1.0")
        }
    }

    @Test("tells of answers what they have: every field that comes, and none that never does")
    func answers() async throws {
        try await API.with { api in
            let document = try Document(try await api.get("/api/openapi.json", as: .viewer).text)
            func check(_ answer: API.Answer, _ method: String, _ path: String) throws {
                let value = try JSONSerialization.jsonObject(with: Data(answer.text.utf8))
                let problems = document.problems(value, try document.schema(method, path, answer.status.code))
                #expect(problems.isEmpty, "\(method) \(path): \(problems)")
            }
            let started = try await api.post("/api/v1/dags/nightly/trigger", "{}", as: .operator_)
            try check(started, "post", "/api/v1/dags/{dag}/trigger")
            let run = try started.id()
            _ = try await api.post("/api/v1/alerts/test", #"{"channel":"team"}"#, as: .operator_)
            _ = try await api.post("/api/v1/silences", #"{"dag":"x","hours":1}"#, as: .operator_)
            for (path, described) in [
                ("/api/v1/session", nil), ("/api/v1/dags", nil), ("/api/v1/dags/prod", "/api/v1/dags/{dag}"),
                ("/api/v1/dags/nightly", "/api/v1/dags/{dag}"),
                ("/api/v1/dags/nightly/runs", "/api/v1/dags/{dag}/runs"),
                ("/api/v1/runs/\(run)", "/api/v1/runs/{run}"), ("/api/v1/runs/\(run)/logs", "/api/v1/runs/{run}/logs"),
                ("/api/v1/alerts", nil), ("/api/v1/silences", nil), ("/api/v1/set-aside", nil),
            ] {
                let answer = try await api.get(path, as: .viewer)
                #expect(answer.status == .ok, "\(path)")
                try check(answer, "get", described ?? path)
            }
            let range = #"{"start":"2026-11-01T00:00:00Z","end":"2026-11-02T00:00:00Z","dry_run":true}"#
            let preview = try await api.post("/api/v1/dags/prod/backfill", range, as: .operator_)
            try check(preview, "post", "/api/v1/dags/{dag}/backfill")
            let act = try await api.post("/api/v1/runs/\(run)/cancel", #"{"dry_run":true}"#, as: .operator_)
            try check(act, "post", "/api/v1/runs/{run}/cancel")
        }
    }
}
