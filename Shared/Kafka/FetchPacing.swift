// Brokers that hold no fetch back until there is data (the development broker is one) would be asked again and again
// without a pause, by every idle consumer, on a whole core each. Here the client waits where the broker does not.
// A broker that keeps to `fetch.wait.max.ms` never meets the condition.
import CLibrdkafka
import Foundation
import Synchronization

/// Slows down fetches that come back at once and with nothing new.
final class FetchPacing: Sendable {
    /// How long the library's thread for a broker rests after an empty answer: also what a record may wait at most.
    static let restMicroseconds: UInt32 = 25_000
    /// An answer as fast as this was not waited for.
    private static let promptMicroseconds: Int64 = 20_000
    /// Answers without records are small: some dozen bytes a partition.
    private static let emptySizeMax = 64 << 10

    private let lastSize = Atomic<Int>(-1)

    /// Whether to rest after this answer: as small as an empty one, as fast as one not waited for, and of the very size
    /// of the one before it, as it is when nothing has come in.
    func isIdle(size: Int, roundTripMicroseconds: Int64) -> Bool {
        let before = lastSize.exchange(size, ordering: .relaxed)
        return size == before && size < Self.emptySizeMax && roundTripMicroseconds >= 0
            && roundTripMicroseconds < Self.promptMicroseconds
    }

    /// Installs the pacing on a client to be made. `pacing` must live as long as the client.
    static func install(_ pacing: FetchPacing, in configuration: OpaquePointer) {
        rd_kafka_conf_interceptor_add_on_new(
            configuration, "fetch-pacing",
            { client, _, opaque, _, _ in
                rd_kafka_interceptor_add_on_response_received(client, "fetch-pacing", rest, opaque)
            }, Unmanaged.passUnretained(pacing).toOpaque())
    }
}

/// Runs on the library's thread for the broker, which has nothing else to do for a consumer.
private func rest(
    _: OpaquePointer?, _: Int32, _: UnsafePointer<CChar>?, _: Int32, request: Int16, _: Int16, _: Int32, size: Int,
    roundTrip: Int64, error: rd_kafka_resp_err_t, opaque: UnsafeMutableRawPointer?
) -> rd_kafka_resp_err_t {
    let fetch: Int16 = 1
    guard request == fetch, error == RD_KAFKA_RESP_ERR_NO_ERROR, let opaque else { return RD_KAFKA_RESP_ERR_NO_ERROR }
    let pacing = Unmanaged<FetchPacing>.fromOpaque(opaque).takeUnretainedValue()
    // librdkafka's own thread of this broker: nothing of ours waits for it.
    if pacing.isIdle(size: size, roundTripMicroseconds: roundTrip) { usleep(FetchPacing.restMicroseconds) }
    return RD_KAFKA_RESP_ERR_NO_ERROR
}
