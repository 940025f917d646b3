import Foundation
import Hummingbird
import Testing
import Warehouse

@testable import BIAPI

@Suite("The SQL page reads and does nothing else", .enabled(if: Servers.areThere)) struct SQLPageTests {
    @Test("rows with their types, cut at the limit, in the history") func query() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.query(
                "select day, country, amount from shop.orders -- all\n order by day, country;", rowsMax: 3)
            #expect(answer.status == 200)
            #expect(
                (answer.json["columns"] as? [[String: String]])?.compactMap { $0["type"] } == [
                    "date", "text", "numeric",
                ])
            #expect(answer.rows().count == 3)
            #expect(answer.json["truncated"] as? Bool == true)
            let failed = try await browser.query("select 'é', nope from shop.orders")
            #expect(failed.status == 422)
            #expect(failed.json["position"] as? Int == 13)

            let history = try await browser.get("/api/v1/queries").json["queries"] as? [[String: Any]] ?? []
            #expect(history.compactMap { $0["state"] as? String } == ["failed", "succeeded"])
            let id = try #require(answer.json["id"] as? String)
            let csv = try await browser.get("/api/v1/queries/\(id)/csv")
            #expect(
                csv.text
                    == "\u{FEFF}day,country,amount\r\n2026-01-01,DK,1000\r\n2026-11-20,NO,10\r\n2026-11-21,NO,20\r\n2026-11-21,SE,5\r\n"
            )
            #expect(csv.headers[.contentDisposition]?.hasPrefix("attachment") == true)

            let second = try await fixture.browser("second")
            #expect((try await second.get("/api/v1/queries").json["queries"] as? [Any])?.isEmpty == true)
            #expect(try await second.get("/api/v1/queries/\(id)/csv").status == 404)
            #expect(try await second.query("select 1", id: id).status == 409)
            #expect(try await browser.query("select 1", rowsMax: 0).status == 422)
            #expect(try await browser.query("select 1", rowsMax: 10_000_000).status == 422)
            let viewer = try await fixture.browser("viewer")
            #expect(try await viewer.query("select 1").status == 403)
            for path in ["queries", "catalogue", "queries/\(id)/csv"] {
                #expect(try await viewer.get("/api/v1/\(path)").status == 403)
            }
        }
    }

    @Test("samples of a table can be taken; a type that somebody made has its name, and its CSV stays what it is")
    func samples() async throws {
        try await ServiceFixture.run { fixture in
            try await fixture.owner.execute("CREATE TYPE shop.mood AS ENUM ('-fine')")
            try await fixture.owner.execute("GRANT USAGE ON SCHEMA shop TO PUBLIC")
            let browser = try await fixture.browser("editor")
            for method in ["bernoulli", "SYSTEM", "\"bernoulli\""] {
                let answer = try await browser.query("select * from shop.orders tablesample \(method) (100)")
                #expect(answer.rows().count == 4, "\(method): \(answer.text)")
            }
            #expect(try await browser.query("select * from shop.orders tablesample pg_sleep_all (100)").status == 422)
            let answer = try await browser.query(
                "select inet '::1' a, (-1.5)::numeric::money b, '-fine'::shop.mood c, array['-fine'::shop.mood] d, "
                    + "float8 '-Infinity' e, timestamp '-infinity' f, '-1 d'::interval g, 9007199254740993 h")
            #expect(
                (answer.json["columns"] as? [[String: String]])?.compactMap { $0["type"] } == [
                    "inet", "money", "shop.mood", "shop.mood[]", "double precision", "timestamp without time zone",
                    "interval", "bigint",
                ])
            #expect(answer.rows().first?.last as? String == "9007199254740993")
            let id = try #require(answer.json["id"] as? String)
            let csv = try await browser.get("/api/v1/queries/\(id)/csv")
            #expect(
                csv.text.hasSuffix(
                    "\r\n::1,-$1.50,'-fine,{-fine},-Infinity,-infinity,P-1D,9007199254740993\r\n"), "\(csv.text)")
        }
    }

    static let bypasses = [
        "delete from shop.orders", "with gone as (delete from shop.orders returning *) select * from gone",
        "explain analyze delete from shop.orders", "select * into shop.copied from shop.orders",
        "create table shop.t (x int)", "copy shop.orders to '/tmp/x'", "copy shop.orders to program 'id'",
        "do $$ begin delete from shop.orders; end $$", "set role postgres", "reset role",
        "prepare p as delete from shop.orders", "execute p", "declare c cursor for select 1", "listen x",
        "lock shop.orders",
        "select 1; delete from shop.orders", "select 1;;delete from shop.orders", "commit; delete from shop.orders",
        "select 1 /* ; */ ; drop table shop.orders", "/* x */ delete from shop.orders", "-- x\ndelete from shop.orders",
        "ｄelete from shop.orders", "values (1); truncate shop.orders", "call shop.touch()", "vacuum", "show all",
        "select * from shop.orders for update", "select shop.touch()", "select \"shop\".\"touch\"()",
        "select pg_read_file('/etc/passwd')", "select pg_catalog . pg_read_file('/etc/passwd')",
        "select \"pg_read_file\" ('/etc/passwd')", "select pg_read_file/**/('/etc/passwd')",
        "select U&\"pg\\005fread_file\"('/etc/passwd')", "select u&\"pg_read_file\"('/etc/passwd')",
        "select * from pg_ls_dir('/')", "select * from pg_stat_activity", "table pg_stat_activity",
        "select * from pg_catalog.pg_authid", "select * from \"pg_catalog\".\"pg_shadow\"",
        "select (select passwd from pg_shadow limit 1)", "with a as (select * from pg_roles) select * from a",
        "select query_to_xml('delete from shop.orders', true, true, '')", "select lo_import('/etc/passwd')",
        "select set_config('transaction_read_only', 'off', false)", "select set_config('role', 'postgres', false)",
        "select pg_advisory_lock(1)", "select pg_terminate_backend(1)", "select nextval('x')",
        "select pg_notify('a', 'b')",
        "select dblink('dbname=postgres', 'select 1')", "select * from hidden.wages", "select * from bi.users",
        "select password_hash from bi.users", "",
    ]

    @Test("what has effects or is none of the reader's business is refused") func bypass() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("admin")
            for sql in Self.bypasses {
                let answer = try await browser.query(sql)
                #expect(answer.status == 422, "\(sql): \(answer.status) \(answer.text.prefix(200))")
                #expect(!answer.text.contains("scrypt") && !answer.text.contains("canary"))
            }
            let left = try await fixture.owner.query("SELECT count(*) FROM shop.orders")
            #expect(try left.one().get(0, as: Int.self) == 4)
        }
    }

    @Test("and behind that door the database itself refuses") func lock() async throws {
        try await ServiceFixture.run { fixture in
            let engine = fixture.service.engine
            let statements = [
                "delete from shop.orders", "with gone as (delete from shop.orders returning *) select * from gone",
                "create table shop.t (x int)", "create temp table t (x int)", "select 1; select 2", "set role postgres",
                "select * from hidden.wages", "select * from bi.users", "select pg_read_file('/etc/passwd')",
                "do $$ begin delete from shop.orders; end $$", "select lo_import('/etc/passwd')",
                "copy shop.orders to program 'id'", "select set_config('transaction_read_only', 'off', true)",
            ]
            for sql in statements {
                await #expect(throws: QueryFailure.self, "\(sql)") {
                    try await engine.read(sql, timeMax: .seconds(5), into: TextRows(rowsMax: 10))
                }
            }
            let who = try await engine.read(
                "select current_user, current_setting('transaction_read_only')", timeMax: .seconds(5),
                into: TextRows(rowsMax: 1))
            #expect(who.rows == [[fixture.database, "on"]])
        }
    }

    @Test("a query that takes too long is ended in the database") func timeout() async throws {
        try await ServiceFixture.run(["BI_QUERY_TIMEOUT": "300ms"]) { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.query("select pg_sleep(60)")
            #expect(answer.status == 504)
            #expect(answer.json["detail"] as? String == "The query took longer than 300 ms and was stopped.")
            #expect(try await Self.sleeping(fixture) == 0)
        }
    }

    @Test("Stop reaches the database, and is for the author alone") func stop() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let second = try await fixture.browser("second")
            let id = UUID().uuidString.lowercased()
            async let answer = browser.query("select pg_sleep(60)", id: id)
            while try await Self.sleeping(fixture) == 0 { await Task.yield() }
            #expect(try await second.ask(.delete, "/api/v1/queries/\(id)").status == 404)
            #expect(try await browser.ask(.delete, "/api/v1/queries/\(id)").status == 204)
            let stopped = try await answer
            #expect(stopped.status == 409)
            #expect(stopped.json["code"] as? String == "cancelled")
            #expect(try await Self.sleeping(fixture) == 0)
            let history = try await browser.get("/api/v1/queries").json["queries"] as? [[String: Any]]
            #expect(history?.first?["state"] as? String == "stopped")
            #expect(try await browser.ask(.delete, "/api/v1/queries/\(id)").status == 404)
        }
    }

    @Test("many rows are not computed when a few are asked for") func enough() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.query(
                "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n", rowsMax: 100)
            #expect(answer.status == 200, "\(answer.text.prefix(200))")
            #expect(answer.rows().count == 100)
        }
    }

    @Test("the catalogue shows what the reader may read") func catalogue() async throws {
        try await ServiceFixture.run { fixture in
            let browser = try await fixture.browser("editor")
            let answer = try await browser.get("/api/v1/catalogue")
            let schemas = answer.json["schemas"] as? [[String: Any]] ?? []
            #expect(schemas.compactMap { $0["name"] as? String } == ["shop"])
            let relations = schemas.first?["relations"] as? [[String: Any]] ?? []
            #expect(relations.compactMap { $0["name"] as? String } == ["orders", "visits"])
            #expect(!answer.text.contains("wages") && !answer.text.contains("password"))
        }
    }

    static func sleeping(_ fixture: ServiceFixture) async throws -> Int {
        try await fixture.owner.query(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = \(fixture.database) AND state = 'active' AND query = 'select pg_sleep(60)'"
        ).one().get(0)
    }
}
