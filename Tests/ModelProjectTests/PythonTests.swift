import ModelProject
import Pipeline
import Testing

@Suite("What is written in Python") struct PythonTests {
    private let files = [
        "config.yaml": "",
        "models/p.py": """
        import typing as t

        @model(
            "shop.scores",
            columns={"id": "int"},
        )
        def execute(context, **kwargs):
            pass
        """,
        "macros/m.py":
            "from sqlmesh import macro\n\n@macro()\ndef fancy(evaluator, x):\n    return x\n\n@macro('Other')\ndef y(e):\n    pass\n",
        "macros/__init__.py": "# nothing\n",
        "tests/test_p.py": "def test_it(): pass",
        "models/plain.sql": "MODEL (name shop.plain);\nSELECT 1 AS id",
        "models/caller.sql": "MODEL (name shop.caller);\n\nSELECT @EACH([a], x -> @FANCY(x)) FROM shop.plain",
        "models/reader.sql": "MODEL (name shop.reader);\nSELECT id FROM shop.scores",
        "models/second.sql": "MODEL (name shop.second);\nSELECT id FROM {{ ref('reader') }}",
        "models/third.sql": "MODEL (name shop.third, depends_on (shop.caller));\nSELECT id FROM shop.plain",
        "tests/t.yaml": """
        kept: {model: shop.plain, outputs: {query: {rows: [{id: 1}]}}}
        gone: {model: shop.reader, outputs: {query: {rows: [{id: 1}]}}}
        """,
    ]

    @Test("is refused with file and line")
    func refused() {
        let error = #expect(throws: PipelineError.self) { try project(files) }
        let lines = (error?.description ?? "").split(separator: "\n").map(String.init)
        #expect(
            lines.first == "models/p.py:3:1: Python is not supported. Write the model as SQL. "
                + "With --skip-unsupported, what needs it is left out and the rest is loaded.")
        #expect(
            lines.dropFirst().map { String($0.prefix { $0 != " " }) } == ["macros/m.py:3:1:", "tests/test_p.py:1:1:"],
            "and every other file, too")
    }

    @Test("can be left out: what needs it goes too, directly or not, and is named")
    func leftOut() throws {
        let read = try withFolder(files) { try $0.project(ProjectOptions(environment: [:], skipsUnsupported: true)) }
        #expect(read.models.map(\.name.description) == ["shop.plain"])
        #expect(read.tests.map(\.name) == ["kept"])
        #expect(
            read.leftOut.map(\.description).sorted() == [
                "models/caller.sql:3:1: shop.caller calls the macro @fancy, which is written in Python (macros/m.py:3).",
                "models/p.py:3: The model shop.scores is written in Python.",
                "models/reader.sql:2:1: shop.reader reads shop.scores, which is left out.",
                "models/second.sql:2:1: shop.second reads shop.reader, which is left out.",
                "models/third.sql:2:1: shop.third reads shop.caller, which is left out.",
            ])
    }

    @Test("a folder without Python is the same with and without the option")
    func without() throws {
        let plain = ["config.yaml": "", "models/plain.sql": "MODEL (name shop.plain);\nSELECT 1 AS id"]
        let read = try withFolder(plain) { try $0.project(ProjectOptions(environment: [:], skipsUnsupported: true)) }
        #expect(read.models == (try project(plain).models))
        #expect(read.leftOut.isEmpty)
    }

    @Test("macros that make a package of their folder are macros")
    func package() throws {
        let files = [
            "config.yaml": "",
            "macros/__init__.py": "from sqlmesh import macro\n\n@macro()\ndef one(evaluator):\n    return 1\n",
            "models/__init__.py": "",
            "models/plain.sql": "MODEL (name shop.plain);\nSELECT 1 AS id",
            "models/caller.sql": "MODEL (name shop.caller);\nSELECT @ONE() AS id",
        ]
        let error = #expect(throws: PipelineError.self) { try project(files) }
        #expect(error?.description.hasPrefix("macros/__init__.py:3:1: Python is not supported.") == true)
        let read = try withFolder(files) { try $0.project(ProjectOptions(environment: [:], skipsUnsupported: true)) }
        #expect(read.models.map(\.name.description) == ["shop.plain"])
        #expect(read.leftOut.map(\.description).first?.contains("macros/__init__.py:3") == true)
    }

    private let foreign = [
        "config.yaml": "",
        "models/plain.sql": "MODEL (name shop.plain);\nSELECT 1 AS id",
        "models/custom.sql":
            "MODEL (\n  name shop.custom,\n  kind CUSTOM (materialization 'mine', how well)\n);\nSELECT 1 AS id",
        "models/managed.sql": "MODEL (name shop.managed, kind MANAGED);\nSELECT 1 AS id",
        "models/made.sql":
            "MODEL (name shop.@name, kind @kind, blueprints ((name := made, kind := CUSTOM)));\nSELECT 1 AS id",
        "models/waiting.sql": "MODEL (name shop.waiting, signals (data_landed, ready(a := 1)));\nSELECT 1 AS id",
        "models/reader.sql": "MODEL (name shop.reader);\nSELECT id FROM shop.custom",
    ]

    @Test("kinds and signals in Python, and kinds of other engines, are refused where they stand")
    func kindsAndSignals() {
        let error = #expect(throws: PipelineError.self) { try project(foreign) }
        let lines = (error?.description ?? "").split(separator: "\n").map(String.init)
        let expected = [
            "models/custom.sql:3:8: The kind CUSTOM is a Python class",
            "models/made.sql:1:30: The kind CUSTOM is a Python class",
            "models/managed.sql:1:32: The kind MANAGED is kept up to date by an engine that this is not",
            "models/waiting.sql:1:35: The signal ready is a Python function",
        ]
        #expect(lines.count == expected.count)
        for (line, start) in zip(lines, expected) {
            #expect(line.hasPrefix(start))
            #expect(line.hasSuffix("With --skip-unsupported, what needs it is left out and the rest is loaded."))
        }
    }

    @Test("they can be left out, with what reads them", arguments: [false, true])
    func kindsAndSignalsLeftOut(isSecondTime: Bool) throws {
        let options = ProjectOptions(environment: [:], skipsUnsupported: true)
        let read = try withFolder(foreign) { folder in
            let memory = ProjectMemory()
            if isSecondTime { _ = try folder.project(options, memory: memory) }
            return try folder.project(options, memory: memory)
        }
        #expect(read.models.map(\.name.description) == ["shop.plain"])
        #expect(
            read.leftOut.map { String($0.description.prefix { $0 != " " }) } == [
                "models/custom.sql:3:8:", "models/made.sql:1:30:", "models/managed.sql:1:32:",
                "models/waiting.sql:1:35:",
                "models/reader.sql:2:1:",
            ])
    }
}
