import ModelProject
import Pipeline
import Testing

@Suite("Variables in MODEL blocks") struct BlueprintTests {
    private func models(_ file: String, config: String = "") throws -> [ModelDefinition] {
        try project(["config.yaml": config, "models/x.sql": file]).models
    }

    private func sql(_ model: ModelDefinition) throws -> String {
        var context = RenderContext()
        context.blueprint = model.blueprint
        return try model.query.render(context).text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test("blueprints make several models of one file")
    func several() throws {
        let file = """
            MODEL (
              name @{customer}.orders_@n,
              kind INCREMENTAL_BY_TIME_RANGE (time_column @column),
              blueprints ((customer := acme, n := 1, column := ts, label := 'A'), (customer := "zeta", n := 2, column := day, label := 'Z')),
              owner @customer
            );
            SELECT @label AS label, @{customer}_id, @BLUEPRINT_VAR('n') AS n, @column, @BLUEPRINT_VAR('none', 0) FROM @customer.raw
            """
        let models = try models(file)
        #expect(models.map(\.name.description) == ["acme.orders_1", "zeta.orders_2"])
        #expect(models.map { $0.kind.timeRange?.timeColumn } == ["ts", "day"])
        #expect(models.map(\.owner) == ["acme", "zeta"])
        #expect(
            try models.map(sql) == [
                "SELECT 'A' AS label, acme_id, 1 AS n, ts, 0 FROM acme.raw",
                "SELECT 'Z' AS label, zeta_id, 2 AS n, day, 0 FROM \"zeta\".raw",
            ])
    }

    @Test("one blueprint, and a list that a macro makes")
    func lists() throws {
        #expect(try models("MODEL (name a.@x, blueprints (x := b));\nSELECT @x").map(\.name.name) == ["b"])
        let made = "MODEL (name a.@x, blueprints @EACH([b, c], v -> (x := v_@v)));\nSELECT 1 AS @x"
        #expect(try models(made).map(\.name.name) == ["v_b", "v_c"])
    }

    @Test("variables of config.yaml stand in names and properties")
    func configured() throws {
        let config = "variables: { schema: mart, years: 2 }"
        let model = try #require(
            try models(
                "MODEL (name @schema.orders, tags (@schema), grain id_@years, cron '@weekly');\nSELECT 1",
                config: config
            )
            .first)
        #expect(model.name.description == "mart.orders")
        #expect(model.grain == ["id_2"])
        #expect(model.cron == "@weekly")
        let braces = try models("MODEL (name @{schema}_x.orders);\nSELECT 1", config: config).first
        #expect(braces?.name.description == "mart_x.orders")
    }

    @Test(
        "mistakes are told with their place",
        arguments: [
            (
                "MODEL (name @nope.x);\nSELECT 1",
                "models/x.sql:1:13: The model's name has @nope in it, which is neither"
            ),
            (
                "MODEL (name a.x, blueprints (1));\nSELECT 1",
                "models/x.sql:1:29: Expected `name := value` instead of `1`."
            ),
            ("MODEL (name a.x, blueprints ());\nSELECT 1", "models/x.sql:1:29: There is no blueprint in this list."),
            (
                "MODEL (name a.x, blueprints ((y := 1), (y := 2)));\nSELECT 1",
                "models/x.sql:1:1: The model a.x is also in"
            ),
            ("MODEL (name a.@x, kind @x, blueprints (x := NOPE));\nSELECT 1", "models/x.sql:1:24: "),
        ])
    func mistakes(file: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try models(file) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}
