// CurlLoop: the thread on which libcurl works, for all transfers of a client together.
// Always: every handle is made, used and freed on that thread; the thread sleeps in `curl_multi_poll` while there is
// nothing to do; it ends when the client goes, after it has told every transfer.
import CLibcurl
import Foundation
import Synchronization

final class CurlLoop: Sendable {
    private enum Command {
        /// Makes a handle with `setUp` and starts it.
        case start(Transfer, setUp: @Sendable (inout EasyHandle) -> Void)
        /// Goes on after a pause.
        case resume(Transfer)
        case cancel(Transfer)
        case stop
    }

    /// What is in libcurl's hands.
    private final class Active {
        let transfer: Transfer
        var handle: EasyHandle

        init(_ transfer: Transfer, _ handle: consuming EasyHandle) {
            self.transfer = transfer
            self.handle = handle
        }
    }

    /// Unchecked, because libcurl's manual proves it: "curl_multi_wakeup() … can be called from any thread", and this
    /// does nothing else. The thread takes it out of the state, under the lock, before it frees the multi handle.
    private struct Waker: @unchecked Sendable {
        let multi: UnsafeMutableRawPointer

        func wake() { curl_multi_wakeup(multi) }
    }

    private struct State {
        var commands: [Command] = []
        /// Set while the thread runs.
        var waker: Waker?
        var isStarted = false
        var isStopped = false
    }

    private let state = Mutex(State())
    private static let isInitialised: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    private static let connectionsPerHostMax = 16

    func start(_ transfer: Transfer, setUp: @escaping @Sendable (inout EasyHandle) -> Void) {
        guard Self.isInitialised else {
            return transfer.finish(.failure(.other(host: transfer.host, code: 2, reason: "libcurl cannot start")))
        }
        guard post(.start(transfer, setUp: setUp)) else { return transfer.finish(.failure(.closed)) }
    }

    func resume(_ transfer: Transfer) { _ = post(.resume(transfer)) }
    func cancel(_ transfer: Transfer) { _ = post(.cancel(transfer)) }

    /// Ends the thread; transfers that still run fail with ``CurlError/closed``.
    func stop() {
        _ = post(.stop)
        state.withLock { $0.isStopped = true }
    }

    /// The thread is started with the first command: a client that nobody uses costs nothing.
    private func post(_ command: Command) -> Bool {
        let (isTaken, mustStart) = state.withLock { state in
            guard !state.isStopped else { return (false, false) }
            if case .stop = command, !state.isStarted { return (false, false) }
            state.commands.append(command)
            state.waker?.wake()
            defer { state.isStarted = true }
            return (true, !state.isStarted)
        }
        if mustStart {
            let thread = Thread { self.run() }
            thread.name = "curl"
            thread.start()
        }
        return isTaken
    }

    private func run() {
        let multi = curl_multi_init()
        guard let multi else { return refuseEverything() }
        millrace_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, Self.connectionsPerHostMax)
        let waker = Waker(multi: multi)
        state.withLock { $0.waker = waker }
        var active: [UnsafeMutableRawPointer: Active] = [:]
        var isStopping = false
        while !isStopping {
            for command in takeCommands() { isStopping = carryOut(command, multi, &active) || isStopping }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            while let (raw, result) = nextDone(multi) {
                guard let done = active.removeValue(forKey: raw) else { continue }
                curl_multi_remove_handle(multi, raw)
                done.transfer.finish(self.result(result, of: done))
            }
            if !isStopping { curl_multi_poll(multi, nil, 0, 60_000, nil) }
        }
        for (raw, rest) in active {
            curl_multi_remove_handle(multi, raw)
            rest.transfer.finish(.failure(.closed))
        }
        active.removeAll()
        state.withLock { $0.waker = nil }
        curl_multi_cleanup(multi)
        refuseEverything()
    }

    /// - Returns: true when the loop must end.
    private func carryOut(
        _ command: Command, _ multi: UnsafeMutableRawPointer, _ active: inout [UnsafeMutableRawPointer: Active]
    ) -> Bool {
        switch command {
        case .start(let transfer, let setUp):
            do {
                var handle = try EasyHandle()
                setUp(&handle)
                handle.connect(transfer)
                let raw = handle.raw
                active[raw] = Active(transfer, handle)
                curl_multi_add_handle(multi, raw)
            } catch {
                transfer.finish(.failure(error))
            }
        case .resume(let transfer):
            for (raw, one) in active where one.transfer === transfer { curl_easy_pause(raw, CURLPAUSE_CONT) }
        case .cancel(let transfer):
            for (raw, one) in active where one.transfer === transfer {
                curl_multi_remove_handle(multi, raw)
                active[raw] = nil
            }
            transfer.finish(.failure(.cancelled))
        case .stop: return true
        }
        return false
    }

    private func takeCommands() -> [Command] {
        state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    private func nextDone(_ multi: UnsafeMutableRawPointer) -> (UnsafeMutableRawPointer, CURLcode)? {
        var result = CURLE_OK
        guard let raw = millrace_curl_next_done(multi, &result) else { return nil }
        return (raw, result)
    }

    private func result(_ code: CURLcode, of done: Active) -> Result<Void, CurlError> {
        guard code != CURLE_OK else { return .success(()) }
        return .failure(
            CurlError(
                code, host: done.transfer.host, reason: done.handle.errorText, responseCode: done.handle.responseCode,
                isMail: done.transfer.isMail))
    }

    private func refuseEverything() {
        state.withLock { $0.isStopped = true }
        for command in takeCommands() {
            if case .start(let transfer, _) = command { transfer.finish(.failure(.closed)) }
        }
    }
}
