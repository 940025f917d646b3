import DataContract
import TestValues
import Testing

@Suite("A good message becomes a row") struct GoodMessageTests {
    static let typed = [
        Property(name: "s", logicalType: .string), Property(name: "i", logicalType: .integer),
        Property(name: "n", logicalType: .number), Property(name: "b", logicalType: .boolean),
        Property(name: "t", logicalType: .timestamp), Property(name: "d", logicalType: .date),
        Property(name: "o", logicalType: .object), Property(name: "a", logicalType: .array),
    ]

    @Test("with the value of every type in the order of the columns")
    func everyType() {
        let message = """
            {"a":[1, "x"],"o":{"k":null},"d":"1970-01-02","t":"1970-01-01T00:00:01Z","b":true,"n":1.50,"i":-5,"s":"x"}
            """
        #expect(
            decode(message, Self.typed).row == [
                "text:x", "bigint:-5", "number:1.50", "boolean:true", "timestamp:1000000", "date:1",
                #"json:{"k":null}"#,
                #"json:[1, "x"]"#,
            ])
    }

    @Test("and the columns that the sink adds")
    func sinkColumns() {
        let decoder = RecordDecoder(contract([Property(name: "s", logicalType: .string)]))
        var rows = RowRecorder()
        let outcome = Array(#"{"s":"x"}"#.utf8).withUnsafeBytes {
            decoder.decode($0, at: MessagePosition(partition: 3, offset: 41, ingestedAt: 7), into: &rows)
        }
        #expect(outcome == .row(eventTime: nil))
        #expect(rows.rows == [["text:x", "text:t", "integer:3", "bigint:41", "timestamp:7", "null"]])
    }

    @Test("whose event time is known")
    func eventTime() {
        let property = Property(name: "at", logicalType: .timestamp, isRequired: true)
        let decoder = RecordDecoder(contract([property], eventTime: "at"))
        var rows = RowRecorder()
        let outcome = Array(#"{"at":"1970-01-01T00:00:00.000002Z"}"#.utf8).withUnsafeBytes {
            decoder.decode($0, at: MessagePosition(partition: 0, offset: 0, ingestedAt: 0), into: &rows)
        }
        #expect(outcome == .row(eventTime: 2))
    }

    @Test(
        "of text",
        arguments: [
            (#""""#, ""), (#""plain""#, "plain"), (#""grüße 🙂 中""#, "grüße 🙂 中"),
            (#""a\"b\\c\/d\b\f\n\r\te""#, "a\"b\\c/d\u{8}\u{c}\n\r\te"), (#""\u00e9\u20AC""#, "é€"),
            (#""\ud83d\ude42!""#, "🙂!"),
            (#""0123456789abcdef\n0123456789abcdef""#, "0123456789abcdef\n0123456789abcdef"),
            (#""1234567é""#, "1234567é"), (#""12345678\u0041""#, "12345678A"),
        ])
    func text(json: String, value: String) {
        #expect(decode("{\"s\":\(json)}", [Property(name: "s", logicalType: .string)]).row == ["text:\(value)"])
    }

    @Test(
        "of whole numbers, however they are written",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("5.0", 5), ("0.5e1", 5), ("1e3", 1000), ("12300e-2", 123),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("922337203685477580.7e1", .max),
        ] as [(String, Int64)])
    func integers(json: String, value: Int64) {
        #expect(decode("{\"i\":\(json)}", [Property(name: "i", logicalType: .integer)]).row == ["bigint:\(value)"])
    }

    @Test(
        "of doubles, to the nearest",
        arguments: ["0.1", "-2.5e-3", "1e22", "123456789012345678901234567890", "2.2250738585072014e-308", "4.9e-324"])
    func doubles(json: String) {
        let property = Property(name: "x", logicalType: .number, columnType: .double)
        #expect(decode("{\"x\":\(json)}", [property]).row == ["double:\(Double(json)!)"])
    }

    @Test(
        "of decimals within their digits",
        arguments: ["1234567.89", "0.01", "1234567.8900", "-99e-2", "0e5", "1e6", "0001e0".dropFirst(3).description])
    func decimals(json: String) {
        let property = Property(name: "x", logicalType: .number, columnType: .decimal(precision: 9, scale: 2))
        #expect(decode("{\"x\":\(json)}", [property]).row == ["number:\(json)"])
    }

    @Test("with what the contract does not name in _extra")
    func extra() {
        let message = #" { "x" : [ 1 ] , "s":"a","\u0079":{"z":"é"}, "x":2 } "#
        #expect(
            decode(message, [Property(name: "s", logicalType: .string)]).row
                == ["text:a", #"json:{"x":[ 1 ],"\u0079":{"z":"é"},"x":2}"#])
    }

    @Test("with the whole message where the contract keeps it, and then nothing in _extra")
    func wholeMessage() {
        let properties = [
            Property(name: "s", logicalType: .string),
            Property(name: "payload", logicalType: .object, isRequired: true, holdsMessage: true),
        ]
        let decoder = RecordDecoder(contract(properties))
        var rows = RowRecorder()
        for message in [#" {"s":"x","other":[1]}"#, #"{"payload":1,"\u0070ayload":2}"#] {
            let outcome = Array(message.utf8).withUnsafeBytes {
                decoder.decode($0, at: MessagePosition(partition: 0, offset: 0, ingestedAt: 0), into: &rows)
            }
            #expect(outcome == .row(eventTime: nil))
        }
        #expect(
            rows.rows.map { Array($0.prefix(2)) } == [
                ["text:x", #"json: {"s":"x","other":[1]}"#], ["null", #"json:{"payload":1,"\u0070ayload":2}"#],
            ])
        #expect(rows.rows.map(\.last) == ["null", "null"])
    }

    @Test("with null for a field that is optional and absent or null")
    func optional() {
        let properties = [Property(name: "s", logicalType: .string), Property(name: "i", logicalType: .integer)]
        #expect(decode(#"{"i":null}"#, properties).row == ["null", "null"])
        #expect(decode("{}", properties).row == ["null", "null"])
    }

    @Test("when a field's name is spelt with escapes")
    func escapedName() {
        #expect(decode(#"{"\u0073":"x"}"#, [Property(name: "s", logicalType: .string)]).row == ["text:x"])
    }

    @Test("whatever order the message before it had")
    func changingOrder() {
        let decoder = RecordDecoder(contract(Self.typed))
        for message in [#"{"s":"x","i":1}"#, #"{"i":1,"s":"x"}"#, #"{"z":0,"s":"x","i":1}"#, #"{"i":1,"s":"x"}"#] {
            var rows = RowRecorder()
            let outcome = Array(message.utf8).withUnsafeBytes {
                decoder.decode($0, at: MessagePosition(partition: 0, offset: 0, ingestedAt: 0), into: &rows)
            }
            #expect(outcome == .row(eventTime: nil))
            #expect(rows.rows.first?.prefix(2) == ["text:x", "bigint:1"])
        }
    }

    @Test("nested up to the limit")
    func depth() {
        let levels = RecordDecoder.depthMax - 1
        let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        #expect(decode("{\"x\":\(nested)}", []).row == ["json:{\"x\":\(nested)}"])
        #expect(decode("{\"x\":[\(nested)]}", []).outcome.rejection?.reason == .tooDeep)
    }
}

@Suite("A bad message is rejected with its reason") struct BadMessageTests {
    static let properties = [
        Property(name: "s", logicalType: .string, rules: .init(minimumLength: 1, maximumLength: 3)),
        Property(name: "i", logicalType: .integer, rules: .init(minimum: -5)),
        Property(name: "small", logicalType: .integer, columnType: .integer),
        Property(name: "n", logicalType: .number, columnType: .decimal(precision: 4, scale: 2)),
        Property(name: "big", logicalType: .number), Property(name: "f", logicalType: .number, columnType: .double),
        Property(name: "b", logicalType: .boolean), Property(name: "t", logicalType: .timestamp),
        Property(name: "d", logicalType: .date), Property(name: "o", logicalType: .object),
        Property(name: "a", logicalType: .array),
    ]

    @Test(
        "and the field, where there is one",
        arguments: [
            ("", .invalidJSON, nil), (" ", .invalidJSON, nil), ("{", .invalidJSON, nil), ("{}x", .invalidJSON, nil),
            ("{}{}", .invalidJSON, nil), (#"{"s":"x",}"#, .invalidJSON, nil), (#"{"s" "x"}"#, .invalidJSON, "s"),
            (#"{'s':1}"#, .invalidJSON, nil), (#"{"s":"x"#, .invalidJSON, "s"), (#"{"s":nul}"#, .invalidJSON, "s"),
            (#"{"s":"\x"}"#, .invalidJSON, "s"), (#"{"s":"\u12g4"}"#, .invalidJSON, "s"),
            ("{\"s\":\"\u{1}\"}", .invalidJSON, "s"),
            (#"{"z":[1,]}"#, .invalidJSON, "z"), (#"{"z":[1 2]}"#, .invalidJSON, "z"),
            (#"{"z":{"a":1,}}"#, .invalidJSON, "z"),
            (#"{"z":tru}"#, .invalidJSON, "z"), (#"{"z":+1}"#, .invalidJSON, "z"), (#"{"z":01}"#, .invalidJSON, "z"),
            (#"{"z":1.}"#, .invalidJSON, "z"), (#"{"z":.5}"#, .invalidJSON, "z"), (#"{"z":1e}"#, .invalidJSON, "z"),
            (#"{"z":-}"#, .invalidJSON, "z"), (#"{"z":NaN}"#, .invalidJSON, "z"), ("\u{FEFF}{}", .invalidJSON, nil),
            ("[]", .notAnObject, nil), ("1", .notAnObject, nil), (#""x""#, .notAnObject, nil),
            ("null", .notAnObject, nil),
            (#"{"s":1}"#, .wrongType, "s"), (#"{"i":"1"}"#, .wrongType, "i"), (#"{"i":1.5}"#, .wrongType, "i"),
            (#"{"b":1}"#, .wrongType, "b"), (#"{"t":1}"#, .wrongType, "t"), (#"{"o":[]}"#, .wrongType, "o"),
            (#"{"a":{}}"#, .wrongType, "a"), (#"{"n":"1"}"#, .wrongType, "n"), (#"{"o":"{}"}"#, .wrongType, "o"),
            (#"{"s":""}"#, .outOfRange, "s"), (#"{"s":"äöüß"}"#, .outOfRange, "s"), (#"{"i":-6}"#, .outOfRange, "i"),
            (#"{"i":9223372036854775808}"#, .outOfRange, "i"), (#"{"i":1e300}"#, .outOfRange, "i"),
            (#"{"small":2147483648}"#, .outOfRange, "small"), (#"{"n":100}"#, .outOfRange, "n"),
            (#"{"n":1.001}"#, .outOfRange, "n"), (#"{"big":1e131072}"#, .outOfRange, "big"),
            (#"{"big":1e-16384}"#, .outOfRange, "big"), (#"{"f":1e309}"#, .outOfRange, "f"),
            (#"{"z":[1e999999]}"#, .outOfRange, "z"), (#"{"t":"yesterday"}"#, .invalidTimestamp, "t"),
            (#"{"t":"2018-02-29T00:00:00Z"}"#, .invalidTimestamp, "t"), (#"{"d":"2018-02-29"}"#, .invalidDate, "d"),
            (#"{"d":"2018-1-1"}"#, .invalidDate, "d"), (#"{"s":"\u0000"}"#, .nulCharacter, "s"),
            (#"{"z":{"\u0000":1}}"#, .nulCharacter, "z"), (#"{"s":"\ud800"}"#, .unpairedSurrogate, "s"),
            (#"{"s":"\ud800\u0041"}"#, .unpairedSurrogate, "s"), (#"{"s":"\udc00"}"#, .unpairedSurrogate, "s"),
            (#"{"s":"x","s":"y"}"#, .duplicateField, "s"), (#"{"s":null,"\u0073":"y"}"#, .duplicateField, "s"),
        ] as [(String, Rejection.Reason, String?)])
    func rejected(message: String, reason: Rejection.Reason, field: String?) {
        let rejection = decode(message, Self.properties).outcome.rejection
        #expect(rejection?.reason == reason)
        #expect(rejection?.field == field)
        #expect(rejection?.message.isEmpty == false)
    }

    @Test(
        "when its bytes are not UTF-8",
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let message = Array(#"{"z":"1234567"#.utf8) + bytes + Array(#""}"#.utf8)
        #expect(decode(message, Self.properties).outcome.rejection?.reason == .invalidUTF8)
    }

    @Test("when a required field is absent or null")
    func required() {
        let properties = [Property(name: "s", logicalType: .string, isRequired: true)]
        #expect(decode("{}", properties).outcome.rejection?.reason == .missingField)
        #expect(decode(#"{"s":null}"#, properties).outcome.rejection?.reason == .nullField)
    }

    @Test("when there is no value at all, and when it is empty")
    func noValue() {
        var rows = RowRecorder()
        let position = MessagePosition(partition: 0, offset: 0, ingestedAt: 0)
        let decoder = RecordDecoder(contract([]))
        #expect(decoder.decode(nil, at: position, into: &rows).rejection?.reason == .nullValue)
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(decoder.decode(empty, at: position, into: &rows).rejection?.reason == .invalidJSON)
        #expect(rows.rows.isEmpty)
    }

    @Test("however it is broken: a changed byte or a cut end never brings the decoder down")
    func damaged() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(seed: seed)
        let good = Array(
            #"{"s":"ä\u00e9","i":-12,"n":1.25e0,"b":true,"t":"2018-01-01T00:00:00 UTC","o":{"a":[1,{"b":null}]},"z":"\ud83d\ude42"}"#
                .utf8)
        let decoder = RecordDecoder(contract(Self.properties))
        var rows = RowRecorder()
        var appended = 0
        for _ in 0..<20_000 {
            var message = good
            for _ in 0...random.next() % 3 {
                switch random.next() % 3 {
                case 0: message[Int(random.next() % UInt64(message.count))] = UInt8(truncatingIfNeeded: random.next())
                case 1 where message.count > 1: message.removeLast(1 + Int(random.next() % UInt64(message.count - 1)))
                default: message.insert(UInt8(random.next() % 128), at: Int(random.next() % UInt64(message.count)))
                }
            }
            let outcome = message.withUnsafeBytes {
                decoder.decode($0, at: MessagePosition(partition: 0, offset: 0, ingestedAt: 0), into: &rows)
            }
            if outcome.rejection == nil { appended += 1 }
        }
        #expect(rows.rows.count == appended, "seed \(seed)")
    }
}

@Suite("An event whose time is not plausible is rejected") struct PlausibleTimeTests {
    /// 2026-11-28T12:00:00Z.
    static let now: Int64 = 1_795_867_200_000_000

    static func rejection(_ time: String, _ times: Contract.PlausibleTimes, now: Int64 = now) -> Rejection? {
        let properties = [
            Property(name: "at", logicalType: .timestamp, isRequired: true),
            Property(name: "other", logicalType: .timestamp), Property(name: "day", logicalType: .date),
        ]
        let decoder = RecordDecoder(contract(properties, eventTime: "at", plausibleTimes: times))
        var rows = RowRecorder()
        let message = #"{"other":"0001-01-01T00:00:00Z","day":"9999-12-31","at":"\#(time)"}"#
        let outcome = Array(message.utf8).withUnsafeBytes {
            decoder.decode($0, at: MessagePosition(partition: 0, offset: 0, ingestedAt: now), into: &rows)
        }
        #expect(rows.rows.count == (outcome.rejection == nil ? 1 : 0))
        return outcome.rejection
    }

    @Test(
        "from 1970 to a day from now, unless the contract says otherwise; in whatever way it is written",
        arguments: [
            ("1970-01-01T00:00:00Z", true), ("1969-12-31T23:59:59.999999Z", false), ("1970-01-01 00:59 +01", false),
            ("1970-01-01T00:00:00+00:01", false), ("1969-12-31T23:59:00-00:01", true),
            ("0001-01-01T00:00:00 UTC", false),
            ("2026-11-29T12:00:00Z", true), ("2026-11-29T12:00:00.000001Z", false), ("2026-11-29T12:00:60Z", false),
            ("2026-11-29T13:00:00+01:00", true), ("2026-11-29T11:59:00-00:02", false), ("9999-12-31T23:59:59Z", false),
            (#"\u0039999-12-31T23:59:59Z"#, false), ("2026-11-28t12:00:00z", true),
        ])
    func usual(time: String, isPlausible: Bool) {
        let rejection = Self.rejection(time, .usual)
        #expect((rejection == nil) == isPlausible)
        guard let rejection else { return }
        #expect(rejection.reason == .implausibleTime)
        #expect(rejection.field == "at")
        #expect(
            rejection.message
                == "The event's time is not plausible by the contract: from 1970-01-01T00:00:00.000Z to now + 1 day "
                + "(eventTimeEarliest, eventTimeLatest).")
    }

    @Test("and what is beyond the years that can be written is no time, whatever the contract says")
    func beyond() {
        let any = Contract.PlausibleTimes(earliest: .any, latest: .any)
        #expect(Self.rejection("0001-01-01T00:00:00Z", any) == nil)
        #expect(Self.rejection("9999-12-31T23:59:59.999999Z", any) == nil)
        #expect(Self.rejection("0001-01-01T00:00:00+00:01", any)?.reason == .invalidTimestamp)
        #expect(Self.rejection("9999-12-31T23:59:59-00:01", any)?.reason == .invalidTimestamp)
    }

    @Test("by the clock that is passed in: what comes from the future is good once it is there")
    func later() {
        let time = "2026-12-05T12:00:00Z"
        #expect(Self.rejection(time, .usual)?.reason == .implausibleTime)
        #expect(Self.rejection(time, .usual, now: Self.now + 6 * 86_400_000_000) == nil)
    }

    @Test("within bounds of the contract's own")
    func own() {
        let lately = Contract.PlausibleTimes(earliest: .now(plus: -3_600_000_000), latest: .now(plus: 0))
        #expect(Self.rejection("2026-11-28T11:00:00Z", lately) == nil)
        #expect(Self.rejection("2026-11-28T10:59:59.999999Z", lately)?.message.contains("now - 1 hour to now") == true)
        #expect(Self.rejection("2026-11-28T12:00:00Z", lately) == nil)
        #expect(Self.rejection("2026-11-28T12:00:00.000001Z", lately)?.reason == .implausibleTime)
    }

    @Test("and a contract without an event time refuses none")
    func none() {
        #expect(decode(#"{"t":"0001-01-01T00:00:00Z"}"#, [Property(name: "t", logicalType: .timestamp)]).row != nil)
    }
}
