import Dispatch
import Foundation
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime

/// Reads the file of keys again when it changes, and at SIGHUP. A file with a mistake changes nothing and is told.
struct KeyFileWatcher: Service {
    let path: String
    let topics: Set<String>
    let ring: KeyRing
    let logger: Logger
    var period: Duration = .seconds(1)

    /// The first read, at start.
    /// - Throws: `ExitError` (configuration) when the file cannot be used.
    static func keys(at path: String, topics: Set<String>) throws -> [WriteKey] {
        do {
            return try KeyFile.read(try String(contentsOfFile: path, encoding: .utf8), topics: topics)
        } catch let error as KeyFileError {
            throw ExitError(.configuration, "\(path) (COLLECTOR_KEYS_FILE) \(error)")
        } catch {
            throw ExitError(.configuration, "\(path) (COLLECTOR_KEYS_FILE) cannot be read: \(error)")
        }
    }

    func run() async throws {
        signal(SIGHUP, SIG_IGN)
        let (ticks, feed) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
        let hangUp = DispatchSource.makeSignalSource(signal: SIGHUP)
        hangUp.setEventHandler { feed.yield(true) }
        hangUp.resume()
        // Mounted secrets are replaced by swapping links, which file events do not show: the file itself is looked at.
        let clock = DispatchSource.makeTimerSource()
        let nanoseconds = Int(period / .nanoseconds(1))
        clock.schedule(deadline: .now(), repeating: .nanoseconds(nanoseconds))
        clock.setEventHandler { feed.yield(false) }
        clock.resume()
        defer {
            hangUp.cancel()
            clock.cancel()
        }
        var last = try? Data(contentsOf: URL(filePath: path))  // was read at start, with its mistakes told
        await withGracefulShutdownHandler {
            for await isAsked in ticks {
                guard let now = try? Data(contentsOf: URL(filePath: path)) else {  // told once, below
                    if last != nil { fail("cannot be read") }
                    last = nil
                    continue
                }
                guard isAsked || now != last else { continue }
                last = now
                reload(now)
            }
        } onGracefulShutdown: {
            feed.finish()
        }
    }

    private func reload(_ data: Data) {
        do throws(KeyFileError) {
            let keys = try KeyFile.read(String(decoding: data, as: UTF8.self), topics: topics)
            ring.replace(with: keys)
            logger.info("write keys read again", metadata: ["keys": "\(keys.count)"])
        } catch {
            fail("\(error)")
        }
    }

    private func fail(_ reason: String) {
        Counter(label: "collector_key_reload_failures_total").increment()
        logger.error(
            "write keys not read again; the old ones stay", metadata: ["file": "\(path)", "reason": "\(reason)"])
    }
}
