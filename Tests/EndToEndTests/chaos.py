"""Everything that can be killed is killed, again and again, while events flow; afterwards each event is looked for.

Valid events must be in raw.events exactly once, poison ones in raw._dead_letters exactly once, and so those that the
database refuses, by the ids that the producer wrote down when the broker had acknowledged them. Run by scripts/chaos,
which also starts the servers.
"""

import argparse
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.environ["CHAOS_DIR"]
SINKS = 3
POISON = 0.01
#: Events with such ids are right by their contract; a constraint of the table refuses them.
REFUSED = "00"
#: A sink that is frozen for longer than this has lost its partitions, and must notice when it goes on.
SESSION_TIMEOUT = 6
#: Seconds without any progress that are too many. The development broker was seen to take two minutes over a group.
STALL = 240


def binary(name):
    return os.path.join(ROOT, ".build", os.environ["CONFIGURATION"], name)


def settings(**others):
    names = ["PATH", "KAFKA_BOOTSTRAP_SERVERS", "POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_DB",
             "POSTGRES_PASSWORD_FILE"]
    return dict({name: os.environ[name] for name in names},
                MILLRACE_PIPELINE=os.path.join(ROOT, "Pipelines", "web-analytics"), HTTP_PORT="0", LOG_FORMAT="json", **others)


def psql(statement):
    with open(os.environ["POSTGRES_PASSWORD_FILE"], encoding="utf-8") as file:
        password = file.read().strip()
    return subprocess.run(
        ["psql", "-h", os.environ["POSTGRES_HOST"], "-p", os.environ["POSTGRES_PORT"], "-U", os.environ["POSTGRES_USER"],
         "-d", os.environ["POSTGRES_DB"], "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement],
        env=dict(os.environ, PGPASSWORD=password, PGTARGETSESSIONATTRS="read-write"), check=True, capture_output=True, text=True).stdout


def server(*arguments):
    subprocess.run([os.path.join(ROOT, "scripts", "chaos"), *arguments], check=True)


class Sink:
    """One raw-sink process under a name of its own."""

    def __init__(self, name):
        self.name = name
        self.process = None
        self.frozen_until = None

    def start(self):
        with open(os.path.join(HERE, f"{self.name}.log"), "ab") as log:
            self.process = subprocess.Popen(
                [binary("raw-sink"), "run"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=settings(SINK_INSTANCE=self.name, SINK_SESSION_TIMEOUT=f"{SESSION_TIMEOUT}s", SINK_BATCH_WAIT="100ms"))

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def last_line(self):
        with open(os.path.join(HERE, f"{self.name}.log"), "rb") as log:
            return log.read().splitlines()[-1]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.frozen_until = None

    def freeze(self, seconds):
        self.process.send_signal(signal.SIGSTOP)
        self.frozen_until = time.monotonic() + seconds

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)
        self.frozen_until = None

    def stop(self):
        """In order; a sink that does not end then is a failure."""
        if self.frozen_until:
            self.thaw()
        self.process.terminate()
        return self.process.wait(timeout=90)


class Chaos:
    def __init__(self, seconds, seed):
        self.chance = random.Random(seed)
        self.seconds = seconds
        self.outage = min(30, seconds / 10)
        self.sinks = [Sink(f"chaos-{number}") for number in range(SINKS)]
        #: Joins and leaves.
        self.extra = Sink("chaos-extra")
        #: The producer.
        self.load = None
        self.done = collections.Counter()
        self.began = time.monotonic()

    def note(self, what):
        self.done[what.split(":")[0]] += 1
        print(f"{time.monotonic() - self.began:6.1f} s  {what}", flush=True)

    def run(self):
        """Troubles of sinks all the time, and outages of servers one after the other, evenly spread."""
        outages = ["freeze the broker", "crash PostgreSQL", "restart the broker", "fail over to the standby"]
        count = max(4, int(self.seconds / (3 * self.outage)))
        plan = [(self.began + (number + 0.5) * self.seconds / count, outages[number % len(outages)])
                for number in range(count)]
        ends = []
        while time.monotonic() < self.began + self.seconds:
            time.sleep(self.chance.uniform(0.5, 3))
            now = time.monotonic()
            if plan and now >= plan[0][0]:
                ends.append((now + self.outage, self.begin_outage(plan.pop(0)[1])))
            for end in [end for end in ends if now >= end[0]]:
                ends.remove(end)
                self.end_outage(end[1])
            self.tend()
            self.trouble()
        for _, outage in ends:
            self.end_outage(outage)
        for sink in self.sinks:
            if sink.frozen_until:
                sink.thaw()
        # The development broker was seen to keep a killed member's partitions for minutes: it has to come back for them.
        if not self.extra.is_running():
            self.extra.start()
        self.sinks.append(self.extra)

    def tend(self):
        """Wakes sinks whose time is over, and looks whether all are alive."""
        for sink in self.sinks:
            if sink.frozen_until and time.monotonic() >= sink.frozen_until:
                self.note(f"thaw: {sink.name}")
                sink.thaw()
            if sink.process.poll() is not None:
                self.ended(sink)

    def ended(self, sink):
        """Nobody killed it. A sink must live through every trouble of this test but one: a broker that was away reads
        what a killed sink of the same name had still asked for, and then takes the living one for its double."""
        if b"FENCED_INSTANCE_ID" not in sink.last_line():
            raise AssertionError(f"{sink.name} ended by itself with {sink.process.returncode}; see {HERE}/{sink.name}.log")
        self.note(f"taken for a double, started again: {sink.name}")
        sink.start()

    def begin_outage(self, outage):
        self.note(outage)
        if outage == "freeze the broker":
            server("broker", "freeze")
        elif outage == "restart the broker":
            # What the development broker acknowledges while it writes its file for the last time, it forgets.
            self.load.send_signal(signal.SIGSTOP)
            time.sleep(2)
            server("broker", "stop")
            self.load.send_signal(signal.SIGCONT)
        elif outage == "crash PostgreSQL":
            server("postgres", "crash")
        else:
            server("postgres", "fail-over")
        return outage

    def end_outage(self, outage):
        self.note(f"end of: {outage}")
        if outage == "freeze the broker":
            server("broker", "thaw")
        elif outage == "restart the broker":
            server("broker", "start")
        elif outage == "crash PostgreSQL":
            server("postgres", "start")
        else:
            server("postgres", "follow")

    def trouble(self):
        kind = self.chance.choices(["kill", "freeze", "join", "restart"], [6, 1, 1, 1])[0]
        awake = [sink for sink in self.sinks if not sink.frozen_until]
        if not awake:
            return
        sink = self.chance.choice(awake)
        if kind == "kill":
            self.note(f"kill -9: {sink.name}")
            sink.kill()
            sink.start()
        elif kind == "freeze" and len(awake) > 1:
            self.note(f"freeze: {sink.name}")
            sink.freeze(self.chance.uniform(1, 2.5) * SESSION_TIMEOUT)
        elif kind == "restart":
            self.note(f"SIGTERM: {sink.name}")
            # Not waited for: with a server away, a sink takes its time. It gets no second chance beyond a few seconds.
            sink.process.terminate()
            try:
                sink.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                sink.kill()
            sink.start()
        elif not self.extra.is_running():
            self.note("a fourth sink joins")
            self.extra.start()
        else:
            self.note("the fourth sink is killed")
            self.extra.kill()

    def end(self):
        for sink in self.sinks:
            code = sink.stop()
            if code != 0:
                raise AssertionError(f"{sink.name} ended with {code} on SIGTERM; see {HERE}/{sink.name}.log")


def topic_ends():
    """The end of each partition, as the broker gives it."""
    listing = json.loads(subprocess.run(["kcat", "-b", os.environ["KAFKA_BOOTSTRAP_SERVERS"], "-L", "-t", "events", "-J"],
                                        check=True, capture_output=True, text=True).stdout)
    ends = {}
    for partition in listing["topics"][0]["partitions"]:
        number = partition["partition"]
        answer = subprocess.run(["kcat", "-b", os.environ["KAFKA_BOOTSTRAP_SERVERS"], "-Q", "-t", f"events:{number}:-1"],
                                check=True, capture_output=True, text=True).stdout
        ends[number] = int(answer.split()[-1])
    return ends


class Stall:
    """A machine may be slow; what it works on must not stand still."""

    def __init__(self, what):
        self.what, self.seen, self.since = what, None, time.monotonic()

    def check(self, state):
        if state != self.seen:
            self.seen, self.since = state, time.monotonic()
        elif time.monotonic() > self.since + STALL:
            raise AssertionError(f"{self.what} stands still for {STALL} s: {state}")


def wait_until_sent(load, log):
    stall = Stall("the producer")
    while load.poll() is None:
        stall.check(os.path.getsize(log))
        time.sleep(0.5)
    if load.returncode != 0:
        raise AssertionError(f"the producer ended with {load.returncode}; see {HERE}/producer.log")


def wait_until_landed(chaos):
    ends = {partition: end for partition, end in topic_ends().items() if end > 0}
    stall = Stall("landing")
    while True:
        rows = psql("select partition, next_offset from raw._sink_offsets where topic = 'events'").split()
        landed = dict(map(int, row.split("|")) for row in rows)
        if landed == ends:
            return
        stall.check(f"offsets are {sorted(landed.items())}, the topic ends at {sorted(ends.items())}")
        chaos.tend()
        time.sleep(0.5)


def show_logs():
    """The ends of all logs: where this runs, nobody may be able to look into files."""
    for name in sorted(os.listdir(HERE)):
        if name.endswith(".log"):
            print(f"--- the end of {name}", file=sys.stderr)
            with open(os.path.join(HERE, name), encoding="utf-8", errors="replace") as file:
                sys.stderr.writelines(line[:400].rstrip() + "\n" for line in collections.deque(file, 15))


def read_log(path):
    """Ids of valid and of poison events that were acknowledged, and of all that were tried."""
    valid, poison, tried = set(), set(), set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            tried.add(entry["event_id"])
            if entry["acknowledged"]:
                (poison if entry["fault"] == "malformed" else valid).add(entry["event_id"])
    return valid, poison, tried


def verify(log):
    valid, poison, tried = read_log(log)
    landed = collections.Counter(psql("select event_id from raw.events").split())
    # The id stands in the bytes of a poison message too, whatever else is wrong with it.
    letters = collections.Counter(psql(
        "select substring(encode(value, 'escape') from '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')"
        " from raw._dead_letters where topic = 'events'").split())
    refused = {event for event in valid if event.startswith(REFUSED)}
    valid -= refused
    poison |= refused
    problems = {
        "valid events that are not in raw.events": valid - set(landed),
        "poison events that are not in raw._dead_letters": poison - set(letters),
        "events in raw.events more than once": {event for event, count in landed.items() if count > 1},
        "events in raw._dead_letters more than once": {event for event, count in letters.items() if count > 1},
        "valid events in raw._dead_letters": valid & set(letters),
        "poison events in raw.events": poison & set(landed),
        "events that nobody sent": (set(landed) | set(letters)) - tried,
    }
    print(f"acknowledged: {len(valid)} valid, {len(poison)} poison ({len(refused)} refused by the table); landed: {sum(landed.values())} rows, "
          f"{sum(letters.values())} dead letters; tried: {len(tried)}")
    wrong = {what: ids for what, ids in problems.items() if ids}
    for what, ids in wrong.items():
        print(f"{len(ids)} {what}, such as {sorted(ids)[:5]}", file=sys.stderr)
    if not valid or not poison:
        print("the producer's log holds no acknowledged events of one kind: nothing was tested", file=sys.stderr)
        return False
    return not wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)

    setup = settings()
    subprocess.run([binary("producer"), "topics"], env=setup, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([binary("raw-sink"), "init"], env=setup, check=True, stdout=subprocess.DEVNULL)
    psql(f"alter table raw.events add constraint refuses check (event_id::text not like '{REFUSED}%')")

    log = os.path.join(HERE, "sent.ndjson")
    chaos = Chaos(options.seconds, options.seed)
    for sink in chaos.sinks:
        sink.start()
    with open(os.path.join(HERE, "producer.log"), "wb") as output:
        load = subprocess.Popen(
            [binary("producer"), "simulate", "--scenario", "page-views", "--users", "5000", "--seed", str(options.seed),
             "--rate", str(options.events / options.seconds), "--count", str(options.events),
             "--malformed", str(POISON), "--log", log],
            env=setup, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    chaos.load = load
    try:
        chaos.run()
        # The producer has to catch up with what the outages kept it from.
        wait_until_sent(load, log)
        wait_until_landed(chaos)
        chaos.end()
        is_right = verify(log)
    except BaseException:
        show_logs()
        raise
    finally:
        load.kill()
        for sink in chaos.sinks + [chaos.extra]:
            if sink.is_running():
                sink.process.kill()
    print(", ".join(f"{what} {count}" for what, count in sorted(chaos.done.items())))
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
