import Producer
import ServiceRuntime

@main enum ProducerMain {
    static func main() async { await ServiceMain.run(ProducerCommand.self, producerService) }
}
