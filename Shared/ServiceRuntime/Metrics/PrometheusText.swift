// PrometheusText: names, labels and samples in Prometheus' text format 0.0.4.

enum PrometheusText {
    /// A name as Prometheus takes it, ending in its unit: counters in `_total`, timers in `_seconds`.
    static func name(_ label: String, kind: MetricKind) -> String {
        let name = legal(label, extra: ":")
        switch kind {
        case .counter: return name.hasSuffix("_total") ? name : name + "_total"
        case .timer: return name.hasSuffix("_seconds") ? name : name + "_seconds"
        case .gauge, .histogram: return name
        }
    }

    static func labelName(_ name: String) -> String { legal(name, extra: "") }

    static func append(_ name: String, _ family: MetricsRegistry.Family, help: String?, to text: inout String) {
        let type =
            switch family.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram, .timer: "histogram"
            }
        appendHead(name, type: type, help: help, to: &text)
        for (labels, series) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            switch series.read() {
            case .value(let value): appendSample(name, labels, value, to: &text)
            case .histogram(let bounds, let counts, let sum):
                var cumulative: Int64 = 0
                for (bound, count) in zip(bounds + [.infinity], counts) {
                    cumulative += count
                    let limit = MetricLabel(name: "le", value: number(bound))
                    appendSample(name + "_bucket", labels + [limit], Double(cumulative), to: &text)
                }
                appendSample(name + "_sum", labels, sum, to: &text)
                appendSample(name + "_count", labels, Double(cumulative), to: &text)
            }
        }
    }

    static func appendHead(_ name: String, type: String, help: String?, to text: inout String) {
        let words = help ?? name.replacing("_", with: " ")
        text += "# HELP \(name) \(words.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
        text += "# TYPE \(name) \(type)\n"
    }

    static func appendSample(_ name: String, _ labels: [MetricLabel], _ value: Double, to text: inout String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(number(value))\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func legal(_ text: String, extra: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            let isLegal =
                isLetter || (("0"..."9").contains(scalar) && !out.isEmpty) || extra.unicodeScalars.contains(scalar)
            out.unicodeScalars.append(isLegal ? scalar : "_")
        }
        return out.isEmpty ? "_" : out
    }
}
