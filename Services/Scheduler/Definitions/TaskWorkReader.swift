// TaskWorkReader: what one task does, field by field.
import Curl
import Foundation
import Pipeline
import Spelling

struct TaskWorkReader {
    let fields: DAGFields
    let parameters: Set<String>

    /// What templates may name besides parameters and results.
    static let runNames = [
        "run.id", "run.dag", "run.trigger", "run.interval_start", "run.interval_end", "run.attempt", "task.id",
        "task.name",
    ]

    init(_ fields: DAGFields, parameters: Set<String>) {
        self.fields = fields
        self.parameters = parameters
    }

    func read(_ kind: String) throws(PipelineError) -> TaskWork {
        guard let value = fields[kind] else { throw fields.value.error("`\(kind)` is missing.") }
        let work: TaskWork =
            switch kind {
            case "models": .models(try models(value))
            case "audit": .audit(try models(value))
            case "sql": .sql(try sql(value))
            case "branch": .branch(try branch(value))
            case "http": .http(try http(value))
            case "publish": .publish(try publish(value))
            case "email": .email(try email(value))
            case "wait_for_dag": .waitForDAG(try dagWait(value))
            default: .waitForData(try dataWait(value))
            }
        for name in work.templates.flatMap(\.names) {
            let isKnown =
                name.hasPrefix("params.")
                ? parameters.contains(String(name.dropFirst("params.".count)))
                : name.hasPrefix("tasks.") ? name.hasSuffix(".result") : Self.runNames.contains(name)
            guard isKnown else {
                let known = Self.runNames + parameters.map { "params.\($0)" }
                throw value.error(
                    "`{{ \(name) }}` is not known: there are \(known.sorted().joined(separator: ", ")), tasks.NAME.result."
                        + KnownNames.hint(for: name, in: known, quote: "`"))
            }
        }
        return work
    }

    private func models(_ value: YAMLValue) throws(PipelineError) -> ModelWork {
        let fields = try DAGFields(value, known: ["environment", "select"])
        let environment = try fields.text("environment", max: 200) ?? "prod"
        let select = try fields.texts("select") ?? ["*"]
        guard !select.isEmpty, select.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 300 }) else {
            throw value.error("`select` needs names of models, `tag:…` or `*`.")
        }
        return ModelWork(environment: environment, select: select)
    }

    private func sql(_ value: YAMLValue) throws(PipelineError) -> SQLWork {
        if value.node.scalar != nil {
            guard let statement = try fields.template("sql") else { throw value.error("`sql` is empty.") }
            return SQLWork(statement: statement)
        }
        let fields = try DAGFields(value, known: ["statement", "expect"])
        guard let statement = try fields.template("statement") else { throw value.error("`statement` is missing.") }
        return SQLWork(statement: statement, expect: try fields.choice("expect", SQLWork.Expectation.self))
    }

    private func branch(_ value: YAMLValue) throws(PipelineError) -> BranchWork {
        let fields = try DAGFields(value, known: ["statement", "cases", "else"])
        guard let statement = try fields.template("statement") else { throw value.error("`statement` is missing.") }
        var cases: [String: [String]] = [:]
        guard let list = fields["cases"] else { throw value.error("`cases` is missing.") }
        for (key, tasks) in try list.mapping() {
            cases[key.text] =
                tasks.node.scalar != nil
                ? [tasks.text] : try tasks.sequence().map { (task) throws(PipelineError) in try task.string() }
        }
        return BranchWork(statement: statement, cases: cases, otherwise: try fields.texts("else") ?? [])
    }

    private func http(_ value: YAMLValue) throws(PipelineError) -> HTTPWork {
        let fields = try DAGFields(value, known: ["method", "url", "headers", "body", "sign", "bearer"])
        guard let place = fields["url"], let url = try fields.template("url", max: 2_000) else {
            throw value.error("`url` is missing.")
        }
        // The host is the file's alone: nobody who asks for a run chooses where a request goes.
        let host = url.prefix { $0 != "{" }
        guard let address = URL(string: String(host)), ["http", "https"].contains(address.scheme?.lowercased() ?? ""),
            let name = address.host(), !name.isEmpty, address.user == nil,
            host.count == url.count || host.dropFirst(8).contains("/")
        else {
            throw place.error(
                "`url` must begin with http:// or https://, a host and `/`, without a user; `{{ … }}` comes behind that."
            )
        }
        let body = try fields.document("body")
        let method = try fields.text("method") ?? (body == nil ? "GET" : "POST")
        guard ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(method) else {
            throw (fields["method"] ?? value).error("`method` must be GET, POST, PUT, PATCH, DELETE or HEAD.")
        }
        let headers = try fields.pairs("headers")
        for (name, text) in headers {
            try DAGFields.check(text, fields["headers"] ?? value); try Self.check(name, value)
        }
        return HTTPWork(
            method: method, url: url, headers: headers, body: body?.text, isDocument: body?.isDocument ?? false,
            sign: try secret(fields, "sign"), bearer: try secret(fields, "bearer"))
    }

    private static func check(_ header: String, _ value: YAMLValue) throws(PipelineError) {
        let own = ["host", "content-length", "transfer-encoding", "authorization", "idempotency-key", "connection"]
        guard !own.contains(header.lowercased()), header.wholeMatch(of: /[A-Za-z0-9!#$%&'*+.^_|~\-]{1,100}/) != nil
        else {
            throw value.error(
                "`\(header.prefix(80))` cannot be a header here. Of a token the name of its secret is `bearer`.")
        }
    }

    private func secret(_ fields: DAGFields, _ name: String) throws(PipelineError) -> String? {
        guard let text = try fields.text(name) else { return nil }
        guard PoolName.isGood(text) else {
            throw (fields[name] ?? fields.value).error(
                "`\(name)` is the name of a file in SCHEDULER_SECRETS, \(PoolName.rule); never the secret itself.")
        }
        return text
    }

    private func publish(_ value: YAMLValue) throws(PipelineError) -> PublishWork {
        let fields = try DAGFields(value, known: ["topic", "key", "value", "headers"])
        let topic = try fields.needed("topic", max: 249)
        guard topic.wholeMatch(of: /[A-Za-z0-9._\-]{1,249}/) != nil, !topic.hasPrefix("millrace.") else {
            throw (fields["topic"] ?? value).error(
                "`\(topic.prefix(80))` is no topic to publish to: letters, digits, `.`, `_`, `-`, and none of `millrace.…`."
            )
        }
        guard let document = try fields.document("value") else { throw value.error("`value` is missing.") }
        let headers = try fields.pairs("headers")
        for text in headers.values { try DAGFields.check(text, fields["headers"] ?? value) }
        return PublishWork(
            topic: topic, key: try fields.template("key", max: 1_000), value: document.text,
            isDocument: document.isDocument,
            headers: headers)
    }

    private static func isAddress(_ text: String) -> Bool {
        do throws(CurlError) {
            _ = try MailAddress(text)
            return true
        } catch {
            return false
        }
    }

    private func email(_ value: YAMLValue) throws(PipelineError) -> EmailWork {
        let fields = try DAGFields(value, known: ["to", "subject", "text"])
        let to = try fields.texts("to", max: 50) ?? []
        guard !to.isEmpty, to.allSatisfy(Self.isAddress) else {
            throw (fields["to"] ?? value).error("`to` needs addresses such as ada@example.org.")
        }
        guard let subject = try fields.template("subject", max: 500), !subject.isEmpty else {
            throw value.error("`subject` is missing.")
        }
        return EmailWork(to: to, subject: subject, text: try fields.template("text") ?? "")
    }

    private func dagWait(_ value: YAMLValue) throws(PipelineError) -> DAGWait {
        if value.node.scalar != nil { return DAGWait(dag: value.text, within: DAGWait.usual) }
        let fields = try DAGFields(value, known: ["dag", "task", "within"])
        return DAGWait(
            dag: try fields.needed("dag"), task: try fields.text("task"),
            within: try fields.duration("within") ?? DAGWait.usual)
    }

    private func dataWait(_ value: YAMLValue) throws(PipelineError) -> DataWait {
        if value.node.scalar != nil { return DataWait(table: value.text, lag: 0) }
        let fields = try DAGFields(value, known: ["table", "lag"])
        return DataWait(table: try fields.needed("table"), lag: try fields.duration("lag") ?? 0)
    }
}

extension DAGWait {
    /// A day, in seconds.
    static let usual: Double = 86_400
}
