import Pipeline
import Testing

@testable import ModelProject

@Suite("external_models.yaml declares tables that others fill") struct ExternalModelTests {
    private func externals(_ files: [String: String]) throws -> [ExternalModel] {
        try project(files.merging(["config.yaml": Self.config]) { own, _ in own }).externals
    }

    private static let config = """
        gateways:
          a: {connection: {type: postgres, database: shop}}
          b: {connection: {type: postgres}}
        default_gateway: a
        """

    private func problem(_ text: String, besides files: [String: String] = [:]) -> String {
        do {
            _ = try externals(files.merging(["external_models.yaml": text]) { _, new in new })
            return ""
        } catch { return "\(error)" }
    }

    @Test("names of one to three parts, with columns and without, of the file and of the folder")
    func names() throws {
        let found = try externals([
            "external_models.yaml": """
            - name: '"shop"."raw"."orders"'
              description: what was bought
              columns:
                id: bigint
                at:
              grain: id
            - name: Customers
            """, "external_models/more.yaml": "- name: raw.visits\n  columns: {n: int}\n", "external_models.yml": "",
        ])
        #expect(found.map(\.name) == ["customers", "raw.orders", "raw.visits"])
        #expect(found[1].columns == [RelationColumn("id", "bigint"), RelationColumn("at")])
    }

    @Test("an entry for the gateway in use wins, one for another is left out")
    func gateways() throws {
        let text = """
            - {name: raw.x, columns: {all: int}}
            - {name: raw.x, gateway: a, columns: {own: int}}
            - {name: raw.x, gateway: b, columns: {other: int}}
            - {name: raw.y, gateway: b}
            """
        let found = try externals(["external_models.yaml": text])
        #expect(found.map(\.name) == ["raw.x"] && found[0].columns.map(\.name) == ["own"])
    }

    @Test(
        "mistakes are told at their line",
        arguments: [
            (
                "- name: raw.x\n- name: raw.x",
                "external_models.yaml:2: The table raw.x is also in external_models.yaml:1."
            ),
            ("- columns: {a: int}", "external_models.yaml:1:3: An external model has a `name`."),
            ("- name: a.b.c.d", "external_models.yaml:1:9: `a.b.c.d` is not a table's name."),
            ("- name: other.raw.x", "external_models.yaml:1:9: other.raw.x is in the database other"),
            ("- {name: raw.x, colums: {}}", "external_models.yaml:1:17: Unknown key `colums`."),
            (
                "- name: raw.x\n  audits: [not_null]",
                "external_models.yaml:2:3: Tables that others fill are not audited"
            ),
            ("- name: s.m", "external_models.yaml:1: s.m is a model, of models/m.sql"),
            ("a: b", "external_models.yaml:1:1: Expected a list here."),
        ])
    func mistakes(text: String, message: String) {
        let found = problem(text, besides: ["models/m.sql": "MODEL (name s.m, kind VIEW); SELECT 1 AS x"])
        #expect(found.hasPrefix(message), "\(found)")
    }

    @Test("ignored files are not read; no file declares nothing")
    func none() throws {
        #expect(try externals([:]).isEmpty)
        let ignoring = ["config.yaml": "ignore_patterns: ['external_models/*']", "external_models/x.yaml": "- broken"]
        #expect(try externals(ignoring).isEmpty)
    }
}
