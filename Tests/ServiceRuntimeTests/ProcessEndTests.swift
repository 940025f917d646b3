import Foundation
import Testing

@testable import ServiceRuntime

@Suite("A process ends") struct ProcessEndTests {
    @Test("at once, without what libraries would do at its end, and with its code")
    func atOnce() async {
        for _ in 1...2 {
            let result = await #expect(processExitsWith: .exitCode(3), observing: [\.standardOutputContent]) {
                atexit { _exit(9) }
                print("the last line", terminator: "")
                ProcessEnd.now(3)
            }
            let printed = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
            #expect(printed.contains("the last line"))
        }
    }
}
