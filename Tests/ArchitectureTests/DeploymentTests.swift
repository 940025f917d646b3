import Foundation
import Testing

/// What containers and clusters are given, by its text: what breaks there shows on nobody's own machine.
@Suite("Containers and Kubernetes") struct DeploymentTests {
    @Test("compose builds each image once, keeps Kafka's data, publishes ports as .env says")
    func compose() throws {
        let lines = try SourceTree.text("docker-compose.yml").split(separator: "\n").map(String.init)
        let targets = lines.compactMap { $0.firstMatch(of: /build: \{.*target: ([a-z-]+)/)?.1 }
        #expect(targets.count == 5 && Set(targets).count == 5, "services that build one image get in each other's way")
        #expect(lines.contains { $0.contains("KAFKA_LOG_DIRS: /var/lib/kafka/data") })
        for line in lines where line.contains("ports: [") {
            #expect(line.contains("${BIND_ADDRESS:-127.0.0.1}:${"), "\(line)")
        }
        for line in lines where line.contains("_URL:") {
            #expect(!line.contains("localhost"), "\(line)")
        }
    }

    @Test(".env.example lists the variables of compose, with their defaults")
    func settings() throws {
        let used = try SourceTree.text("docker-compose.yml").matches(of: /\$\{([A-Z_]+):-([^}]*)\}/)
            .map { "\($0.1)=\($0.2)" }
        let listed = try SourceTree.text(".env.example").split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map(String.init)
        #expect(Set(used) == Set(listed))
    }

    @Test("nothing in Kubernetes is of a kind that cannot be applied a second time")
    func kubernetes() throws {
        let root = SourceTree.root.appending(path: "k8s/base")
        let files = try FileManager.default.contentsOfDirectory(atPath: root.path()).filter { $0.hasSuffix(".yaml") }
        #expect(files.count > 5)
        for file in files {
            let text = try SourceTree.text("k8s/base/\(file)")
            #expect(!text.contains("kind: Job"), "\(file): a Job's template cannot change")
            #expect(!text.contains("http://localhost:8088"), "\(file)")
        }
    }

    /// Debian's packages by what modules link: with headers, and without.
    private static let packages = [
        "crypto": ("libssl-dev", "libssl3"), "curl": ("libcurl4-openssl-dev", "libcurl4"),
        "pq": ("libpq-dev", "libpq5"),
        "rdkafka": ("librdkafka-dev", "librdkafka1"), "z": ("zlib1g-dev", "zlib1g"),
        "zstd": ("libzstd-dev", "libzstd1"),
    ]

    @Test("what the services link is installed where they are built, and in their images")
    func libraries() throws {
        let image = try SourceTree.text("Dockerfile").components(separatedBy: " AS runtime")
        try #require(image.count == 2)
        let shared = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: "Shared").path())
        let maps = shared.filter { $0.hasPrefix("CLib") }
        #expect(maps.count > 4)
        func names(_ text: String) -> Set<Substring> { Set(text.split(whereSeparator: \.isWhitespace)) }
        for map in maps {
            for link in try SourceTree.text("Shared/\(map)/module.modulemap").matches(of: /link "([a-z]+)"/) {
                let (headers, library) = try #require(Self.packages[String(link.1)], "\(link.1) of \(map)")
                #expect(names(try SourceTree.text("scripts/deps")).contains(headers[...]), "\(headers) in scripts/deps")
                #expect(names(image[0]).contains(headers[...]), "\(headers) where images are built")
                #expect(names(image[1]).contains(library[...]), "\(library) in images")
            }
        }
    }

    @Test("images hold no pipeline, and no test begins their build anew")
    func images() throws {
        let text = try SourceTree.text("Dockerfile")
        for unwanted in ["COPY Tests", "COPY Pipelines", "COPY . "] {
            #expect(!text.contains(unwanted), "\(unwanted)")
        }
        #expect(text.contains("--mount=type=cache,target=/source/.build"))
    }

    @Test("no test takes a port from the range that the kernel gives out")
    func ports() throws {
        for (file, text) in try ["Benchmarks/harness.py", "Tests/EndToEndTests/stack.py", "scripts/lib.sh"].map({
            ($0, try SourceTree.text($0))
        }) {
            #expect(text.contains("free-port") && !text.contains(#"bind(("127.0.0.1", 0))"#), "\(file)")
        }
        for port in try SourceTree.text("scripts/demo").matches(of: #/(?m)^[A-Z_]+_PORT ([0-9]+) /#) {
            #expect(try #require(Int(port.1)) < 32_768)
        }
    }
}
