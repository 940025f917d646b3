import Foundation
import Pipeline
import Testing

@testable import Transformer

@Suite("transformer format") struct FormatTests {
    private func format(_ text: String) -> FileFormatter.Outcome {
        FileFormatter(dialect: "postgres").format(SourceFile(path: "models/a.sql", text: text))
    }

    @Test("properties get a line each, SQL its style; macros, comments and what a string holds stay")
    func style() {
        let written = format(
            """
            -- the first line
            model (name a, kind incremental_by_time_range(time_column ts,lookback  1), description 'a,  b (c', tags (x , y),
              audits(not_null(columns := (id, ts)), no_bad));
            select id,  ts, -- when
              @IF(true, 1, 2) as n from raw.t where ts between @start_dt and @end_dt and id in (1,2)
            """)
        let expected = """
            -- the first line
            MODEL (
              name a,
              kind incremental_by_time_range (
                time_column ts,
                lookback 1
              ),
              description 'a,  b (c',
              tags (x, y),
              audits (
                not_null(columns := (id, ts)),
                no_bad
              )
            );
            """
        guard case .formatted(let text) = written else { return #expect(Bool(false), "\(written)") }
        #expect(text.hasPrefix(expected), "\(text)")
        #expect(
            text.contains("/* when */") && text.contains("@IF(true, 1, 2) AS n") && text.contains("@start_dt"),
            "\(text)")
        #expect(format(text) == .formatted(text), "a second time changes nothing")
    }

    @Test("a block with comments stays as it is; files with Jinja, and what cannot be read, are left alone")
    func left() {
        let commented = "MODEL (\n  name a, -- the name\n  kind FULL\n);\n\nSELECT 1 AS one\n"
        #expect(format(commented) == .formatted(commented))
        #expect(format("SELECT {{ x }} FROM t") == .left("it holds Jinja"))
        #expect(format("MODEL (name a, formatting FALSE); select 1") == .left("it says `formatting false`"))
        #expect(format("MODEL (name a, dialect spark); SELECT 1") == .left("its dialect is spark"))
        guard case .left = format("MODEL (name a); SELECT FROM WHERE") else { return #expect(Bool(false)) }
    }

    @Test("statements before and after the query, audits and bare queries")
    func others() {
        let audit = format("audit(name x);select * from @this_model where id is null")
        #expect(audit == .formatted("AUDIT (\n  name x\n);\n\nSELECT *\nFROM @this_model\nWHERE id IS NULL\n"))
        #expect(format("select 1 as one") == .formatted("SELECT 1 AS one\n"))
        let before = format("MODEL (name a); set work_mem = '1MB'; select 1 as one")
        #expect(
            before == .formatted("MODEL (\n  name a\n);\n\nSET work_mem = '1MB';\n\nSELECT 1 AS one\n"), "\(before)")
        #expect(
            format("MODEL (name a); SELECT 1 AS one; ANALYZE @this_model") == .left("`@this_model` cannot stand here."))
    }

    @Test(
        "--check writes nothing and ends with 1; formatting changes no fingerprint",
        .enabled(if: TestDatabase.isAvailable))
    func command() async throws {
        try await withDatabase { (test) async throws in
            let folder = try CommandFolder(
                test,
                [
                    "models/a.sql": "model (name a, kind full); select user_id,event from raw.events where event<>'x'",
                    "models/b.sql": "MODEL (name b, kind FULL); SELECT {{ 1 + 1 }} AS two",
                ])
            #expect(try await folder.run("apply").code == 0)
            let checked = try await folder.run("format", "--check")
            #expect(checked.code == 1 && checked.output == "models/a.sql: would change\n", "\(checked)")
            #expect(checked.errors.contains("models/b.sql: left alone: it holds Jinja"))
            #expect(try folder.text("models/a.sql").hasPrefix("model (name"))
            #expect(try await folder.run("format").output == "models/a.sql: formatted\n")
            #expect(try folder.text("models/a.sql").hasPrefix("MODEL (\n  name a,\n"))
            #expect(try await folder.run("format", "--check", "models/a.sql").code == 0)
            let plan = try await folder.run("plan")
            #expect(plan.output.contains("prod is up to date") || plan.output.contains("metadata"), "\(plan)")
            #expect(!plan.output.contains("To compute"))
            #expect(try await folder.run("format", "models/c.sql").code == 2)
        }
    }
}
