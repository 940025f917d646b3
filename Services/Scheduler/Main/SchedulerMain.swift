import Scheduler
import ServiceRuntime

@main enum SchedulerMain {
    static func main() async { await ServiceMain.run(SchedulerCommand.self, schedulerService) }
}
