import Foundation

/// What tells a file from what it was before without reading it.
public struct FileStamp: Sendable, Equatable {
    /// Seconds and nanoseconds since 1970.
    public struct Time: Sendable, Equatable {
        let seconds: Int
        let nanoseconds: Int

        init(_ time: timespec) {
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }

        /// By the clock that files get their times from.
        public static var now: Time {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Time(time)
        }
    }

    private let device: UInt64
    private let file: UInt64
    private let bytes: Int64
    private let modified: Time
    /// Set by the system at every change, also where the time of modification is set by hand.
    private let changed: Time

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        file = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        modified = Time(status.st_mtim)
        changed = Time(status.st_ctim)
    }

    /// Whether the last change was so long before `time` that another one would show. Some file systems count in whole seconds.
    public func isSettled(at time: Time) -> Bool { changed.seconds < time.seconds - 2 }
}

extension PipelineFolder {
    /// What tells the file `relative` from what it will be; nil when there is none.
    public func stamp(of relative: String) -> FileStamp? {
        var status = stat()
        guard stat("\(path)/\(relative)", &status) == 0 else { return nil }
        return FileStamp(status)
    }
}
