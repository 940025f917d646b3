import DataContract
import Foundation
import Testing

@Suite("A contract file is read whole") struct ContractTests {
    static let good = """
        apiVersion: v3.0.2
        kind: DataContract
        id: payments
        version: 1.0.0
        description: {purpose: What was paid.}
        schema:
          - name: payments
            physicalName: raw.payments
            description: One row a payment.
            customProperties:
              - {property: partitions, value: 3}
              - {property: replicationFactor, value: 2}
              - {property: eventTime, value: paidAt}
              - {property: key, value: user}
            properties:
              - {name: id, logicalType: string, primaryKey: true}
              - {name: user, logicalType: string, required: true, logicalTypeOptions: {maxLength: 40}}
              - {name: paidAt, physicalName: paid_at, logicalType: timestamp, required: true}
              - {name: amount, logicalType: number, physicalType: 'numeric(18, 2)', logicalTypeOptions: {minimum: 0}}
        slaProperties:
          - {property: retention, value: 30, unit: d}
        """

    @Test("topic, table, properties and roles")
    func everything() throws {
        let contract = try Contract(yaml: Self.good, file: "contracts/payments.yaml")
        #expect(
            contract.topic
                == .init(name: "payments", partitions: 3, replicationFactor: 2, retention: .seconds(30 * 86_400)))
        #expect(contract.table.description == "raw.payments")
        #expect(contract.deadLetterTopic == "payments.dead-letters")
        #expect(contract.eventTimeProperty?.column == "paid_at")
        #expect(contract.key == "user")
        #expect(contract.property("id")?.isUnique == true)
        #expect(contract.property("user")?.rules.maximumLength == 40)
        #expect(
            contract.columns.map { "\($0.name) \($0.type)\($0.isRequired ? " not null" : "")" } == [
                "id text not null", "user text not null", "paid_at timestamptz not null", "amount numeric(18,2)",
                "_topic text not null", "_partition integer not null", "_offset bigint not null",
                "_ingested_at timestamptz not null", "_extra jsonb",
            ])
    }

    @Test("a column for the whole message")
    func wholeMessage() throws {
        let payload = "- {name: all, logicalType: object, customProperties: [{property: content, value: message}]}"
        let text = Self.good.replacing("- {name: id,", with: payload + "\n      - {name: id,")
        let contract = try Contract(yaml: text, file: "contracts/payments.yaml")
        #expect(contract.properties.map(\.holdsMessage) == [true, false, false, false, false])
    }

    @Test(
        "mistakes are told with their place",
        arguments: [
            ("kind: DataContract", "kind: Something", "kind: Expected DataContract."),
            (
                "primaryKey: true}", "primaryKey: true, customProperties: [{property: content, value: message}]}",
                "schema[0].properties[0].customProperties[0].value: Expected content: message, on a property of"
            ),
            ("apiVersion: v3.0.2", "apiVersion: v2.2.0", "apiVersion: Expected version 3"),
            ("id: payments\n", "", "id: Missing"),
            ("name: payments\n", "name: 'a b'\n", "schema[0].name: a b cannot be a topic"),
            ("raw.payments", "payments", "schema[0].physicalName: Expected schema.table"),
            ("raw.payments", "raw._payments", "schema[0].physicalName: Tables whose names start with _"),
            ("value: 3}", "value: 0}", "schema[0].customProperties[0].value: Expected a whole number from 1 to 10000"),
            (
                "property: partitions", "property: partition",
                "schema[0].customProperties[0].property: Unknown: partition. Did you mean partitions?"
            ),
            ("property: key", "property: colour", "schema[0].customProperties[3].property: Unknown: expected one of"),
            (
                "required: true,", "requird: true,",
                "schema[0].properties[1].requird: No key of the standard. Did you mean required?"
            ),
            (
                "primaryKey: true", "uniqe: true",
                "schema[0].properties[0].uniqe: No key of the standard. Did you mean unique?"
            ),
            (
                "physicalName: paid_at", "physcalName: paid_at",
                "schema[0].properties[2].physcalName: No key of the standard. Did you mean physicalName?"
            ),
            (
                "description: One", "desciption: One",
                "schema[0].desciption: No key of the standard. Did you mean description?"
            ),
            ("slaProperties", "slaProperty", "slaProperty: No key of the standard. Did you mean slaProperties?"),
            (
                "property: retention", "property: retenton",
                "slaProperties[0].property: Not known. Did you mean retention?"
            ),
            ("unit: d", "units: d", "slaProperties[0].units: No key of the standard. Did you mean unit?"),
            (
                "value: 3}", "valeu: 3}",
                "schema[0].customProperties[0].valeu: No key of the standard. Did you mean value?"
            ),
            (
                "version: 1.0.0", "version: 1.0.0\nzzz: 1",
                "zzz: No key of the standard. Take it out, or make it one of customProperties."
            ),
            ("{purpose:", "{purpos:", "description.purpos: No key of the standard. Did you mean purpose?"),
            (
                "value: paidAt", "value: user",
                "schema[0].customProperties[2].value: user must be a property of logicalType timestamp"
            ),
            ("value: user}", "value: amount}", "schema[0].customProperties[3].value: amount must be"),
            (
                "name: user, logicalType: string", "name: id, logicalType: string",
                "schema[0].properties[1].name: There is another property id"
            ),
            ("physicalName: paid_at", "physicalName: user", "schema[0].properties[2]: There is another column user"),
            (
                "name: paidAt, physicalName: paid_at,", "name: paidAt,",
                "schema[0].properties[2].name: paidAt cannot be a column"
            ),
            (
                "physicalName: paid_at", "physicalName: _paid_at",
                "schema[0].properties[2].physicalName: Columns whose names start with _"
            ),
            ("logicalType: number", "logicalType: money", "schema[0].properties[3].logicalType: Expected one of"),
            ("numeric(18, 2)", "text", "schema[0].properties[3].physicalType: A property of logicalType number"),
            ("minimum: 0", "minimum: low", "schema[0].properties[3].logicalTypeOptions.minimum: Expected a number."),
            (
                "maxLength: 40", "pattern: x",
                "schema[0].properties[1].logicalTypeOptions.pattern: Not checked by Millrace"
            ),
            ("unit: d", "unit: fortnight", "slaProperties[0].unit: Expected d"),
            (
                "property: key, value: user", "property: eventTimeLatest, value: tomorrow",
                "schema[0].customProperties[3].value: Expected any, now, now + 1 day"
            ),
            (
                "property: key, value: user", "property: eventTimeLatest, value: 1969-12-31",
                "schema[0].customProperties[3].value: No event can be from 1970-01-01T00:00:00.000Z to 1969-12-31T23:59:59.999Z."
            ),
            (
                "property: eventTime, value: paidAt", "property: eventTimeEarliest, value: now",
                "schema[0].customProperties[2].value: There is no eventTime"
            ),
        ])
    func mistakes(good: String, bad: String, message: String) throws {
        let yaml = Self.good.replacingOccurrences(of: good, with: bad)
        try #require(yaml != Self.good)
        let error = #expect(throws: ContractError.self) { try Contract(yaml: yaml, file: "contracts/p.yaml") }
        #expect(error?.problems.contains { $0.description.hasPrefix(message) } == true, "\(String(describing: error))")
    }

    @Test(
        "when its events may have happened",
        arguments: [
            ([], .usual),
            (
                ["eventTimeEarliest, value: 2018-01-01", "eventTimeLatest, value: 2018-12-31"],
                .init(earliest: .moment(1_514_764_800_000_000), latest: .moment(1_546_300_799_999_999))
            ),
            (
                ["eventTimeEarliest, value: 2018-01-01T00:00:00 UTC"],
                .init(earliest: .moment(1_514_764_800_000_000), latest: .now(plus: 86_400_000_000))
            ),
            (
                ["eventTimeEarliest, value: any", "eventTimeLatest, value: any"],
                .init(earliest: .any, latest: .any)
            ),
            (
                ["eventTimeEarliest, value: now - 90 days", "eventTimeLatest, value: now"],
                .init(earliest: .now(plus: -7_776_000_000_000), latest: .now(plus: 0))
            ),
        ] as [([String], Contract.PlausibleTimes)])
    func plausibleTimes(properties: [String], times: Contract.PlausibleTimes) throws {
        let key = "- {property: key, value: user}"
        let lines = properties.map { "- {property: \($0)}" } + [key]
        let yaml = Self.good.replacing(key, with: lines.joined(separator: "\n      "))
        let contract = try Contract(yaml: yaml, file: "contracts/payments.yaml")
        #expect(contract.plausibleTimes == times)
        #expect(contract.copied(to: contract.table).plausibleTimes == times)
    }

    @Test("all mistakes at once, in editors' form")
    func several() {
        let yaml = Self.good.replacingOccurrences(of: "kind: DataContract", with: "kind: X")
            .replacingOccurrences(of: "unit: d", with: "unit: q")
        let error = #expect(throws: ContractError.self) { try Contract(yaml: yaml, file: "contracts/p.yaml") }
        #expect(error?.problems.count == 2)
        #expect(error?.description.hasPrefix("contracts/p.yaml:2:7: kind: Expected DataContract.") == true)
    }

    @Test("what is not YAML, or no contract", arguments: ["", "- a", "a: [", "\t"])
    func notAContract(yaml: String) {
        #expect(throws: ContractError.self) { try Contract(yaml: yaml, file: "x.yaml") }
    }

    @Test(
        "column types in PostgreSQL's spellings",
        arguments: [
            ("text", "text"), ("INT8", "bigint"), ("numeric", "numeric"), ("decimal(10)", "numeric(10,0)"),
            ("Numeric( 18 , 4 )", "numeric(18,4)"), ("timestamp with time zone", "timestamptz"),
            ("double precision", "double precision"), ("varchar(10)", nil), ("numeric(0)", nil), ("numeric(4,5)", nil),
        ])
    func columnTypes(text: String, type: String?) {
        #expect(ColumnType(text)?.description == type)
    }

    @Test("how long rows are kept, and which messages are repetitions")
    func rows() throws {
        func contract(_ properties: String) throws -> Contract {
            let yaml = """
                apiVersion: v3.0.2
                kind: DataContract
                id: a
                version: 1.0.0
                schema:
                  - name: a
                    physicalName: raw.a
                    customProperties: [\(properties)]
                    properties: [{name: messageId, physicalName: id, logicalType: string, unique: true}]
                """
            return try Contract(yaml: yaml, file: "a.yaml")
        }
        let plain = try contract("")
        #expect(plain.rowRetention == nil)
        #expect(plain.uniqueWindow == nil)
        let full = try contract("{property: retention, value: 90 days}, {property: uniqueWindow, value: 15 minutes}")
        #expect(full.rowRetention == .seconds(90 * 86_400))
        #expect(full.uniqueWindow == .init(column: "id", window: .seconds(900)))
        for wrong in ["retention, value: 90", "retention, value: 36 hours", "uniqueWindow, value: soon"] {
            #expect(throws: ContractError.self) { try contract("{property: \(wrong)}") }
        }
    }
}
