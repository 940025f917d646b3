import Foundation
import Testing

@testable import ServiceRuntime

@Test("a process takes as many open files as it may have")
func openFilesAreRaised() {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var before = rlimit()
    getrlimit(resource, &before)
    defer { setrlimit(resource, &before) }
    var low = rlimit(rlim_cur: min(1_024, before.rlim_max), rlim_max: before.rlim_max)
    setrlimit(resource, &low)
    OpenFiles.raiseLimit()
    getrlimit(resource, &low)
    #expect(low.rlim_cur == min(65_536, before.rlim_max))
}
