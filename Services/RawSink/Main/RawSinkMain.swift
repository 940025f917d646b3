import RawSink
import ServiceRuntime

@main enum RawSinkMain {
    static func main() async { await ServiceMain.run(RawSinkCommand.self, rawSinkService) }
}
