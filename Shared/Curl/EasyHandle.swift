// EasyHandle: owner of one CURL*, of the header list it reads and of the buffer it writes its errors into.
import CLibcurl

struct EasyHandle: ~Copyable {
    let raw: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private let errorBuffer: UnsafeMutablePointer<CChar>

    /// - Throws: when there is no memory for it.
    init() throws(CurlError) {
        guard let raw = curl_easy_init() else { throw .other(host: "", code: 2, reason: "libcurl has no memory") }
        self.raw = raw
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        millrace_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorBuffer)
        set(CURLOPT_NOSIGNAL, 1)
    }

    deinit {
        curl_easy_cleanup(raw)  // "must be called before the lists it refers to are freed"
        for list in lists { curl_slist_free_all(list) }
        errorBuffer.deallocate()
    }

    /// What libcurl said about its last error.
    var errorText: String { String(cString: errorBuffer) }

    func set(_ option: CURLoption, _ value: Int) { millrace_curl_set_long(raw, option, value) }
    func set(_ option: CURLoption, _ value: String) { millrace_curl_set_text(raw, option, value) }  // libcurl copies it
    func set(size option: CURLoption, _ value: Int) { millrace_curl_set_size(raw, option, curl_off_t(value)) }

    /// Gives libcurl a list of texts, which lives as long as the handle.
    mutating func set(_ option: CURLoption, _ texts: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for text in texts { list = curl_slist_append(list, text) ?? list }
        guard let list else { return }
        lists.append(list)
        millrace_curl_set_list(raw, option, list)
    }

    func set(milliseconds option: CURLoption, _ duration: Duration) {
        set(option, max(1, Int(duration / .milliseconds(1))))
    }

    /// Connects the callbacks with `transfer`, which must outlive the handle's time in the multi handle.
    func connect(_ transfer: Transfer) {
        let pointer = Unmanaged.passUnretained(transfer).toOpaque()
        millrace_curl_set_pointer(raw, CURLOPT_WRITEDATA, pointer)
        millrace_curl_set_pointer(raw, CURLOPT_HEADERDATA, pointer)
        millrace_curl_set_pointer(raw, CURLOPT_READDATA, pointer)
        millrace_curl_set_pointer(raw, CURLOPT_SEEKDATA, pointer)
        millrace_curl_set_transfer(raw, CURLOPT_WRITEFUNCTION) { bytes, size, count, pointer in
            guard let pointer, let bytes else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
            return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        millrace_curl_set_transfer(raw, CURLOPT_HEADERFUNCTION) { bytes, size, count, pointer in
            guard let pointer, let bytes else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            let end = line.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
            transfer.receiveHeader(String(decoding: line[..<end], as: UTF8.self))
            return size * count
        }
        millrace_curl_set_transfer(raw, CURLOPT_READFUNCTION) { bytes, size, count, pointer in
            guard let pointer, let bytes else { return Int(CURL_READFUNC_ABORT) }
            let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
            return transfer.fill(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
        millrace_curl_set_seek(raw) { pointer, offset, origin in
            guard let pointer, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
            let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
            return transfer.seek(to: Int(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
        }
    }

    /// The last answer's code; 0 without one.
    var responseCode: Int {
        var code = 0
        millrace_curl_get_long(raw, CURLINFO_RESPONSE_CODE, &code)
        return code
    }
}
