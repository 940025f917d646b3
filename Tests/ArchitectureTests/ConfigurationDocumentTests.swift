import BIAPI
import Foundation
import Producer
import RawSink
import Scheduler
import ServiceRuntime
import Testing
import Transformer

/// docs/configuration.md is written from the declarations: `make docs` writes it, this compares.
@Suite("ConfigurationDocument") struct ConfigurationDocumentTests {
    @Test("docs/configuration.md says what the code declares")
    func documentIsCurrent() throws {
        let services = [producerService, rawSinkService, transformerService, schedulerService, biAPI]
        let text = SettingsDocument.markdown(for: services.map { (service: $0.name, groups: $0.groups) })
        let path = SourceTree.root.appending(path: "docs/configuration.md")
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try text.write(to: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: path, encoding: .utf8) == text, "run `make docs`")
    }

    @Test("every service knows the settings of all")
    func knownSettingsAreCurrent() throws {
        let services = [producerService, rawSinkService, transformerService, schedulerService, biAPI]
        let text = SettingsDocument.knownSettings(of: services.map { (service: $0.name, groups: $0.groups) })
        let path = SourceTree.root.appending(path: "Shared/ServiceRuntime/Settings/KnownSettings.swift")
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try text.write(to: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: path, encoding: .utf8) == text, "run `make docs`")
    }
}
