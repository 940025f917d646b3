import BIAPI
import ServiceRuntime

@main enum BIAPIMain {
    static func main() async { await ServiceMain.run(BIAPICommand.self, biAPI) }
}
