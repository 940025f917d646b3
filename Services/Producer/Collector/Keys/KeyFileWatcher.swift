import Dispatch
import Foundation
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import UnixSignals

/// Reads the file of keys again when it changes, and at SIGHUP. A file with a mistake changes nothing and is told.
struct KeyFileWatcher: Service {
    let path: String
    /// Those that there are now: a file that names others is not taken, and looked at again when there are others.
    let topics: @Sendable () -> Set<String>
    let ring: KeyRing
    let logger: Logger
    var trouble = FileTrouble()
    var period: Duration = .seconds(1)

    /// The first read, at start.
    /// - Throws: `ExitError` (configuration) when the file cannot be used.
    static func keys(at path: String, topics: Set<String>) throws -> [WriteKey] {
        do {
            return try KeyFile.read(try String(contentsOfFile: path, encoding: .utf8), topics: topics)
        } catch let error as KeyFileError {
            throw ExitError(.configuration, "\(error.place(in: path)) (COLLECTOR_KEYS_FILE) \(error)")
        } catch {
            throw ExitError(.configuration, "\(path) (COLLECTOR_KEYS_FILE) cannot be read: \(error)")
        }
    }

    func run() async throws {
        let (looks, feed) = AsyncStream.makeStream(of: KeyFileLook.self, bufferingPolicy: .unbounded)
        let reader = KeyFileReader(path, topics)
        // Reading may block, on a network's disk for long: this queue's thread is not one that tasks share.
        let queue = DispatchQueue(label: "key-file")
        // Mounted secrets are replaced by swapping links, which file events do not show: the file itself is looked at.
        let clock = DispatchSource.makeTimerSource(queue: queue)
        clock.schedule(deadline: .now(), repeating: .nanoseconds(Int(period / .nanoseconds(1))))
        clock.setEventHandler { if let look = reader.look(isAsked: false) { feed.yield(look) } }
        clock.resume()
        defer { clock.cancel() }
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in hangUps {
                    queue.async { if let look = reader.look(isAsked: true) { feed.yield(look) } }
                }
            }
            await withGracefulShutdownHandler {
                for await look in looks { take(look) }
            } onGracefulShutdown: {
                feed.finish()
            }
            group.cancelAll()
        }
    }

    private func take(_ look: KeyFileLook) {
        switch look {
        case .unreadable(let reason): fail(path, "cannot be read: \(reason)")
        case .contents(let data, let isAsked):
            do throws(KeyFileError) {
                let keys = try KeyFile.read(String(decoding: data, as: UTF8.self), topics: topics())
                trouble.note(nil)
                guard isAsked || !ring.holds(keys) else { return }
                ring.replace(with: keys)
                logger.info("write keys read again", metadata: ["keys": "\(keys.count)"])
            } catch {
                fail(error.place(in: path), "\(error)")
            }
        }
    }

    private func fail(_ place: String, _ reason: String) {
        trouble.note("\(place) (COLLECTOR_KEYS_FILE) \(reason) The keys before hold.")
        Counter(label: "collector_key_reload_failures_total").increment()
        logger.error(
            "write keys not read again; the old ones stay", metadata: ["file": "\(place)", "reason": "\(reason)"])
    }
}

/// Why a file that is looked at again and again is not taken as it is now; shown by `/readyz`.
final class FileTrouble: Sendable {
    private let reason = Mutex<String?>(nil)

    func note(_ reason: String?) { self.reason.withLock { $0 = reason } }

    var health: HealthStatus { reason.withLock { $0 }.map { .warning($0) } ?? .ok }
}

/// What a look at the file found, when there is something to tell.
private enum KeyFileLook: Sendable {
    case contents(Data, isAsked: Bool)
    case unreadable(String)
}

/// Looks at the file, and reads it when it is another than at the last look. Blocks.
private final class KeyFileReader: Sendable {
    /// What changes when a file is written or replaced.
    private struct Stamp: Equatable {
        let device: UInt64, inode: UInt64, size: Int64, seconds: Int, nanoseconds: Int

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private struct State {
        var stamp: Stamp?
        /// `nil` before the first look, and while the file cannot be read.
        var data: Data?
        var isUnreadable = false
        /// By which the file was judged at the last look.
        var topics: Set<String>?
    }

    private let path: String
    private let topics: @Sendable () -> Set<String>
    private let state = Mutex(State())

    init(_ path: String, _ topics: @escaping @Sendable () -> Set<String>) { (self.path, self.topics) = (path, topics) }

    /// `nil` when the file is the one of the last look. When asked, a file that can be read is always told.
    func look(isAsked: Bool) -> KeyFileLook? {
        state.withLock { state in
            var status = stat()
            let data: Data
            let topics = self.topics()
            let isAsked = isAsked || (state.topics != nil && state.topics != topics)
            do {
                guard stat(path, &status) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
                let stamp = Stamp(status)
                // Written twice within a tick of the file system's clock, a file may keep its stamp.
                let isSettled = Double(stamp.seconds) < Date().timeIntervalSince1970 - 2
                if stamp == state.stamp, isSettled, !isAsked { return nil }
                data = try Data(contentsOf: URL(filePath: path))
                state.stamp = stamp
            } catch {
                defer { state = State(stamp: nil, data: nil, isUnreadable: true, topics: topics) }
                return state.isUnreadable ? nil : .unreadable("\(error)")
            }
            let isNews = state.data != data
            (state.data, state.isUnreadable, state.topics) = (data, false, topics)
            return isNews || isAsked ? .contents(data, isAsked: isAsked) : nil
        }
    }
}
