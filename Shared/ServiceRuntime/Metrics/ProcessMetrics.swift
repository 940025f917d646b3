// ProcessMetrics: what Prometheus' own clients say of a process, read from /proc when asked.
import Foundation

enum ProcessMetrics {
    static func append(to text: inout String) {
        func sample(_ name: String, _ type: String, _ help: String, _ value: Double?) {
            guard let value else { return }
            PrometheusText.appendHead(name, type: type, help: help, to: &text)
            PrometheusText.appendSample(name, [], value, to: &text)
        }
        let stat = statFields()
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let cpu = stat.flatMap { fields in number(fields, 11).flatMap { user in number(fields, 12).map { user + $0 } } }
        let threads = stat.flatMap { number($0, 17) }
        let virtual = stat.flatMap { number($0, 20) }
        let resident = stat.flatMap { number($0, 21) }.map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
        let start = stat.flatMap { number($0, 19) }.flatMap { ticksAfterBoot in
            bootTime().map { $0 + ticksAfterBoot / ticks }
        }
        sample("process_cpu_seconds_total", "counter", "User and system CPU time.", cpu.map { $0 / ticks })
        sample("process_resident_memory_bytes", "gauge", "Resident memory.", resident)
        sample("process_virtual_memory_bytes", "gauge", "Virtual memory.", virtual)
        sample("process_start_time_seconds", "gauge", "Start, in seconds since 1970.", start)
        sample("process_threads", "gauge", "Threads.", threads)
        sample("process_open_fds", "gauge", "Open file descriptors.", openDescriptors())
    }

    /// The fields of /proc/self/stat behind the name in parentheses, which may hold spaces; the state is the first.
    private static func statFields() -> [Substring]? {
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }  // not Linux, or /proc is not mounted: the page does without
        return stat[stat.index(after: end)...].split(separator: " ")
    }

    private static func number(_ fields: [Substring], _ index: Int) -> Double? {
        fields.indices.contains(index) ? Double(fields[index]) : nil
    }

    private static func bootTime() -> Double? {
        let stat = try? String(contentsOfFile: "/proc/stat", encoding: .utf8)
        return stat?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    private static func openDescriptors() -> Double? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count) }
    }
}
