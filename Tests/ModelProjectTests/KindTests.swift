import Pipeline
import Testing

@testable import ModelProject

@Suite("Kinds and their options") struct KindTests {
    private func kind(_ text: String, dialect: String = "postgres") throws -> ModelKind {
        try KindReader.read(SourceFile(path: "models/a.sql", text: text), at: 0, dialect: dialect)
    }

    @Test(
        "each has its name and what decides its rows",
        arguments: [
            ("VIEW", "VIEW", []),
            ("view (materialized true)", "VIEW", ["materialized"]),
            ("FULL", "FULL", []),
            ("INCREMENTAL_BY_TIME_RANGE (time_column day)", "INCREMENTAL_BY_TIME_RANGE", ["day", ""]),
            ("INCREMENTAL_BY_TIME_RANGE (time_column (Day, '%Y'))", "INCREMENTAL_BY_TIME_RANGE", ["day", "%Y"]),
            (
                "INCREMENTAL_BY_UNIQUE_KEY (unique_key id)", "INCREMENTAL_BY_UNIQUE_KEY",
                ["key", "id", "matched", "", "filter", ""]
            ),
            (
                "INCREMENTAL_BY_UNIQUE_KEY (unique_key (id, COALESCE(b, '')), when_matched (WHEN MATCHED THEN DELETE))",
                "INCREMENTAL_BY_UNIQUE_KEY",
                ["key", "id", "COALESCE(b, '')", "matched", "WHEN MATCHED THEN DELETE", "filter", ""]
            ),
            ("INCREMENTAL_BY_PARTITION", "INCREMENTAL_BY_PARTITION", []),
            ("INCREMENTAL_UNMANAGED (insert_overwrite true)", "INCREMENTAL_UNMANAGED", ["insert_overwrite"]),
            (
                "SCD_TYPE_2 (unique_key id)", "SCD_TYPE_2_BY_TIME",
                ["key", "id", "valid", "valid_from", "valid_to", "false", "TIMESTAMP", "updated_at", "false"]
            ),
            (
                "SCD_TYPE_2_BY_COLUMN (unique_key id, columns *, invalidate_hard_deletes true, valid_to_name until)",
                "SCD_TYPE_2_BY_COLUMN",
                ["key", "id", "valid", "valid_from", "until", "true", "TIMESTAMP", "compared", "*", "", "false"]
            ),
            ("SEED (path 'a.csv')", "SEED", ["content", ""]),
            ("EMBEDDED", "EMBEDDED", []), ("EXTERNAL", "EXTERNAL", []),
        ] as [(String, String, [String])])
    func kinds(text: String, name: String, parts: [String]) throws {
        let kind = try kind(text)
        #expect(kind.name == name)
        #expect(kind.options.dataParts == parts)
    }

    @Test("options that say how changes are followed")
    func evolution() throws {
        let text = """
            INCREMENTAL_BY_TIME_RANGE (time_column d, lookback 2, batch_size 3, batch_concurrency 4, forward_only true,
              on_destructive_change allow, on_additive_change 'error', disable_restatement true,
              auto_restatement_cron '@weekly', auto_restatement_intervals 7, partition_by_time_column false)
            """
        let options = try #require(try kind(text).timeRange)
        #expect(options.lookback == 2 && options.batchSize == 3 && options.batchConcurrency == 4)
        #expect(!options.partitionsByTimeColumn && options.evolution.forwardOnly)
        #expect(options.evolution.onDestructiveChange == .allow && options.evolution.onAdditiveChange == .error)
        #expect(options.evolution.disableRestatement && options.evolution.autoRestatementCron == "@weekly")
        #expect(options.evolution.autoRestatementIntervals == 7)
        #expect(options.metadataParts.prefix(2) == ["2", "3"])
        let plain = try #require(try kind("INCREMENTAL_BY_TIME_RANGE (time_column d)").timeRange)
        #expect(plain.metadataParts == ["0", ""], "the parts of an earlier version")
    }

    @Test("history is kept where the kind says so")
    func history() throws {
        #expect(try !kind("SCD_TYPE_2 (unique_key id)").options.canRestate)
        #expect(try kind("INCREMENTAL_BY_UNIQUE_KEY (unique_key id)").options.canRestate)
        #expect(
            try !kind("INCREMENTAL_BY_UNIQUE_KEY (unique_key id, disable_restatement true)").options.canRestate)
        #expect(try kind("FULL").options.canRestate)
    }

    @Test(
        "a format is read in the model's dialect",
        arguments: [
            ("YYYYMMDD", "%Y%m%d"), ("YYYY-MM-DD HH24:MI:SS", "%Y-%m-%d %H:%M:%S"), ("%Y%m%d", "%Y%m%d"),
            ("yyyy-mm-dd", "%Y-%m-%d"),
        ])
    func formats(written: String, strftime: String) throws {
        let options = try kind("INCREMENTAL_BY_TIME_RANGE (time_column (d, '\(written)'))").timeRange
        #expect(options?.timeFormat == strftime)
    }

    @Test("what model_defaults say of changes holds where a model does not say")
    func changesByDefault() throws {
        func model(_ name: String, _ options: String) -> String {
            "MODEL (name s.\(name), kind INCREMENTAL_BY_UNIQUE_KEY (unique_key id\(options)));\nSELECT 1 AS id"
        }
        let read = try project([
            "config.yaml": "model_defaults: {on_destructive_change: warn, on_additive_change: ERROR}",
            "models/default.sql": model("default", ""),
            "models/own.sql": model("own", ", on_destructive_change ignore"),
        ])
        let evolutions = read.models.map { $0.kind.options.evolution }
        #expect(evolutions.map(\.onDestructiveChange) == [.warn, .ignore])
        #expect(evolutions.map(\.onAdditiveChange) == [.error, .error])
        #expect(read.notices.isEmpty)
    }

    @Test(
        "mistakes have their place",
        arguments: [
            ("SCD_TYPE_3", "1:1: The kind `SCD_TYPE_3` is not supported."),
            ("INCREMENTAL_BY_TIME_RANGE", "1:1: INCREMENTAL_BY_TIME_RANGE needs (time_column …)."),
            ("INCREMENTAL_BY_UNIQUE_KEY (lookback 1)", "1:1: INCREMENTAL_BY_UNIQUE_KEY needs (unique_key …)."),
            ("FULL (materialized true)", "1:7: FULL has no option `materialized`."),
            ("VIEW (materialised true)", "1:7: VIEW has no option `materialised`. Did you mean materialized?"),
            ("VIEW (materialized maybe)", "1:20: Expected true or false instead of `maybe`."),
            ("INCREMENTAL_BY_TIME_RANGE (time_column d,\n batch_size 0)", "2:13: batch_size must be a number from 1"),
            ("INCREMENTAL_BY_TIME_RANGE (time_column (a, b, c))", "1:40: time_column is a name, or (name, 'format')"),
            (
                "INCREMENTAL_BY_TIME_RANGE (time_column d, on_destructive_change perhaps)",
                "1:65: `perhaps` is no on_destructive_change. Known: error, warn, allow, ignore."
            ),
            (
                "INCREMENTAL_BY_TIME_RANGE (time_column d, auto_restatement_cron 'soon')",
                "1:65: auto_restatement_cron: `soon` is no schedule"
            ),
            ("INCREMENTAL_BY_PARTITION (forward_only false)", "1:40: INCREMENTAL_BY_PARTITION is always forward-only"),
            ("INCREMENTAL_BY_UNIQUE_KEY (unique_key a, batch_concurrency 2)", "1:60: INCREMENTAL_BY_UNIQUE_KEY merges"),
            ("SEED (path a, path b)", "1:15: The option path is here twice."),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try kind(text) }
        #expect(error?.description.hasPrefix("models/a.sql:\(message)") == true, "\(error?.description ?? "")")
    }
}

@Suite("Seeds") struct SeedTests {
    private func table(_ text: String, _ change: (inout CSVFormat) -> Void = { _ in }) throws -> CSVTable {
        var format = CSVFormat()
        change(&format)
        return try CSVTable(SourceFile(path: "seeds/a.csv", text: text), format: format)
    }

    @Test("quotes, delimiters within them, line ends, the byte order mark")
    func quotes() throws {
        let read = try table("\u{FEFF}id,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n2,\r\n3,\"\"\n")
        #expect(read.columns == ["id", "text"])
        #expect(read.rows == [["1", "a, \"b\"\nc"], ["2", nil], ["3", nil]])
    }

    @Test("settings")
    func settings() throws {
        #expect(
            try table("a|b\n1| x") {
                $0.delimiter = "|"
                $0.skipsInitialSpace = true
            }.rows == [["1", "x"]])
        #expect(try table("a,b\n'x,y',1") { $0.quote = "'" }.rows == [["x,y", "1"]])
        #expect(try table("a,b\n\"x\\\"y\",1") { $0.escape = "\\" }.rows == [["x\"y", "1"]])
        #expect(try table("a;1;2") { $0.lineTerminator = ";" }.rows == [["1"], ["2"]])
        #expect(try table("a,b\nNA,-") { $0.nullValues = ["-"] }.rows == [[nil, nil]])
        #expect(try table("a,b\nNA,-") { $0.keepsDefaultNulls = false }.rows == [["NA", "-"]])
        #expect(try table("a,b\n-,-") { $0.nullValuesOfColumns = ["b": ["-"]] }.rows == [["-", nil]])
        #expect(try table("a¦b\n1¦¥2¦¥") { ($0.delimiter, $0.quote) = ("¦", "¥") }.rows == [["1", "2¦"]])
        #expect(try table("a,b\n1,\"x\"y\n\"p\"\"\",q") { _ in }.rows == [["1", "xy"], ["p\"", "q"]])
        #expect(try table("a,b\n\"p\"\"q\",r") { $0.doublesQuotes = false }.rows == [["p\"q\"", "r"]])
        #expect(try table("a,b\n1\\,2,\\\"x\\\"") { $0.escape = "\\" }.rows == [["1,2", "\"x\""]])
    }

    @Test(
        "types follow from the values",
        arguments: [
            (["1", "2", nil], "BIGINT"), (["1", "2.5"], "DOUBLE PRECISION"), (["true", "False"], "BOOLEAN"),
            (["007"], "TEXT"), (["1", "x"], "TEXT"), ([nil], "TEXT"), (["2020-01-01"], "TEXT"),
            (["-3", "0"], "BIGINT"), (["1", "true"], "TEXT"), (["1.5", "1"], "DOUBLE PRECISION"),
            (["1.5", "01"], "TEXT"),
            (["1", "-07"], "TEXT"), (["TRUE", nil, "maybe"], "TEXT"), (["1", "2.5", "x"], "TEXT"),
        ] as [([String?], String)])
    func types(values: [String?], type: String) {
        #expect(SeedTable.inferredType(of: values.map { ["other", $0] }, at: 1) == type)
    }

    @Test("a model of a file beside it, or from the folder's root")
    func model() throws {
        for path in ["../seeds/a.csv", "$root/seeds/a.csv"] {
            let text = """
                MODEL (name x.seed, kind SEED (path '\(path)', csv_settings (delimiter = '|', na_values = ('-', 'none'))),
                  columns (id INT, name TEXT), grain id);
                """
            let read = try project(["models/a.sql": text, "seeds/a.csv": "id|name\n1|it's @x {{ y }}\n2|-\n"])
            let table = try #require(read.models.first?.kind.seedTable)
            let list = "SELECT CAST(\"id\" AS INT) AS \"id\", CAST(\"name\" AS TEXT) AS \"name\" FROM"
            #expect(
                try table.query().render(RenderContext()).text == """
                    \(list) (VALUES ('1', 'it''s @x {{ y }}'),
                    ('2', NULL)) AS seed("id", "name")
                    """)
            #expect(
                try table.query(rowsMax: 1).render(RenderContext()).text
                    == "\(list) (VALUES ('1', 'it''s @x {{ y }}')) AS seed(\"id\", \"name\")")
            #expect(table.reading.text == "\(list) millrace_seed AS seed(\"id\", \"name\")")
        }
    }

    @Test(
        "the fingerprint's text is that of the query with all rows, which is not read for it",
        arguments: [
            "id,name\n1,it's\n2,\n3,\"a\nb\"\"c\"\n4,back\\slash\n5,NULL\n", "id\n",
            "Id,\"two words\",select\n1.5,x,@y {{ z }}\n-1,'',-- no\n", "one\n(NULL)\n", "f,t\n007,true\né€😀,\n",
        ])
    func canonical(csv: String) throws {
        let table = try SeedTable(try table(csv), declared: [:], in: SourceFile(path: "a.csv", text: csv))
        let shape = try ParsedQuery(try table.shape.render(RenderContext()), dialect: SeedTable.dialect)
        let whole = try ParsedQuery(try table.query().render(RenderContext()), dialect: SeedTable.dialect)
        #expect(try table.canonical(shape) == whole.canonical)
        #expect(table.rows.isEmpty || table.spliced(into: shape.canonical) == whole.canonical)
    }

    @Test("a column that is called like a row leaves no doubt about the rows' place")
    func misleadingName() throws {
        let csv = "\"(VALUES (NULL))\"\n1\n"
        let table = try SeedTable(try table(csv), declared: [:], in: SourceFile(path: "a.csv", text: csv))
        let shape = try ParsedQuery(try table.shape.render(RenderContext()), dialect: SeedTable.dialect)
        let whole = try ParsedQuery(try table.query().render(RenderContext()), dialect: SeedTable.dialect)
        #expect(table.spliced(into: shape.canonical) == nil)
        #expect(try table.canonical(shape) == whole.canonical)
    }

    @Test("the file's content is part of what decides the rows")
    func content() throws {
        func parts(_ csv: String) throws -> [String]? {
            try project(["models/a.sql": "MODEL (name x, kind SEED (path 'a.csv'));", "models/a.csv": csv]).models
                .first?
                .kind.options.dataParts
        }
        #expect(try parts("a\n1") != parts("a\n2"))
    }

    @Test(
        "mistakes",
        arguments: [
            ("MODEL (name x, kind SEED (path 'no.csv'));", "a\n1", "models/a.sql:1:21: The seed's file models/no.csv"),
            ("MODEL (name x, kind SEED (path '../../a.csv'));", "a\n1", "models/a.sql:1:21: ../../a.csv is outside"),
            ("MODEL (name x, kind SEED (path 'a.csv')); SELECT 1", "a\n1", "models/a.sql:1:43: A SEED model has no"),
            (
                "MODEL (name x, kind SEED (path 'a.csv'));", "a,b\n1,2\n3",
                "models/a.csv:3: This line has 1 values for 2"
            ),
            ("MODEL (name x, kind SEED (path 'a.csv'));", "a,b\n1,\"2", "models/a.csv:2: This quote is never closed."),
            ("MODEL (name x, kind SEED (path 'a.csv'));", "a,A\n1,2", "models/a.csv:1: The column `A` is here twice."),
            ("MODEL (name x, kind SEED (path 'a.csv'));", "", "models/a.csv:1: This file is empty"),
            (
                "MODEL (name x, kind SEED (path 'a.csv'), columns (b INT));", "a\n1",
                "models/a.csv:1: This file has no column b"
            ),
            (
                "MODEL (name x, kind SEED (path 'a.csv', csv_settings (encoding = 'latin1')));", "a\n1",
                "models/a.sql:1:54: The encoding latin1 is not read."
            ),
            (
                "MODEL (name x, kind SEED (path 'a.csv', csv_settings (separator = ',')));", "a\n1",
                "models/a.sql:1:54: csv_settings has no `separator`."
            ),
        ])
    func mistakes(model: String, csv: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try project(["models/a.sql": model, "models/a.csv": csv]) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}
