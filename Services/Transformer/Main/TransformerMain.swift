import ServiceRuntime
import Transformer

@main enum TransformerMain {
    static func main() async {
        await ServiceMain.run(TransformerCommand.self, transformerService)
    }
}
