import Foundation
import Planning
import Testing

@testable import Transformer

@Suite("Texts of the state") struct StateTextTests {
    @Test(
        "columns as PostgreSQL writes them",
        arguments: [
            ("[]", []),
            (#"[{"name": "id", "type": "bigint"}]"#, [StoredColumn(name: "id", type: "bigint")]),
            (
                #"[{"name": "größe, [m]", "type": "numeric(10,2)"}, {"name": "", "type": "text[]"}]"#,
                [
                    StoredColumn(name: "größe, [m]", type: "numeric(10,2)"),
                    StoredColumn(name: "", type: "text[]"),
                ]
            ),
        ] as [(String, [StoredColumn])])
    func columns(text: String, columns: [StoredColumn]) throws {
        #expect(StoredColumn.read(text) == columns)
        #expect(try JSONDecoder().decode([StoredColumn].self, from: Data(text.utf8)) == columns)
    }

    @Test(
        "columns written otherwise are left to who reads any JSON",
        arguments: [
            "", "[", "]", "[{}]", #"[{"name":"id","type":"bigint"}]"#, #"[{"type": "bigint", "name": "id"}]"#,
            #"[{"name": "a\"b", "type": "bigint"}]"#, #"[{"name": "id", "type": "bigint"}"#,
            #"[{"name": "id", "type": "bigint"}] "#, #"[{"name": "id", "type": "bigint", "more": 1}]"#,
            #"[{"name": "id", "type": null}]"#, #"{"name": "id", "type": "bigint"}"#, #"[{"name": "id"#,
        ])
    func others(text: String) { #expect(StoredColumn.read(text) == nil) }

    @Test("ranges of time, as they are written and as PostgreSQL writes them")
    func ranges() throws {
        let set = days(1...3, 5...5)
        #expect(MultirangeText.read(MultirangeText.write(set)) == set)
        #expect(
            MultirangeText.read(
                #"{["2026-11-01 00:00:00+00","2026-11-04 00:00:00+00"),["2026-11-05 00:00:00+00","2026-11-06 00:00:00+00")}"#
            ) == set)
        #expect(MultirangeText.read("{[2026-11-05,2026-11-06)}") == days(5...5))
        #expect(MultirangeText.read("{}") == IntervalSet())
    }

    @Test(
        "what is no ranges of time is none",
        arguments: [
            "", "{", "}", "{[)}", #"{["2026-11-05"]}"#, #"{["2026-11-05",)}"#, #"{[",2026-11-06)}"#,
            "{[2026-11-06,2026-11-05)}",
            "{[2026-13-05,2026-11-06)}", "[2026-11-05,2026-11-06)",
        ])
    func noRanges(text: String) { #expect(MultirangeText.read(text) == nil) }
}
