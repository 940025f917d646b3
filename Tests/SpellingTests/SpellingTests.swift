import Spelling
import Testing

@Suite("The name that was perhaps meant") struct SpellingTests {
    @Test(
        "is the nearest one that is known",
        arguments: [
            ("requird", "required"), ("uniqe", "unique"), ("physcalName", "physicalName"), ("REQUIRED", "required"),
            ("nuique", "unique"), ("phys", "physicalName"), ("requiredness", "required"), ("colour", nil), ("", nil),
            ("id", "id"), ("ix", "id"), ("xy", nil),
        ] as [(String, String?)])
    func nearest(name: String, known: String?) {
        #expect(KnownNames.nearest(to: name, in: ["unique", "required", "physicalName", "id"]) == known)
    }

    @Test("whatever the order of the known ones, when two are as near")
    func ties() {
        #expect(KnownNames.nearest(to: "cat", in: ["rat", "bat"]) == "bat")
        #expect(KnownNames.nearest(to: "cat", in: ["bat", "rat"]) == "bat")
    }

    @Test("as words that follow a sentence")
    func hint() {
        #expect(KnownNames.hint(for: "uniqe", in: ["unique"], quote: "`") == " Did you mean `unique`?")
        #expect(KnownNames.hint(for: "colour", in: ["unique"]) == "")
    }
}
