"""SQL: the front end beside SQLGlot, in pure Python and compiled, on the same statements in the same run.

Three processes answer in turn, round by round; the medians of the rates are compared. Seconds are those of the processor,
of which each process uses one core. A statement that one of them cannot do is left out for all. Then: does time, and does
memory, grow faster than the text?
"""

import glob
import json
import os
import statistics
import subprocess
import sys

from harness import OUTPUT, ROOT, report, result

sys.path.insert(0, os.path.join(ROOT, "Benchmarks", "sql"))
from statements import statements  # noqa: E402  (its folder has just been added)

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = 0.5
FOLDER = os.path.join(OUTPUT, "sql")
SOURCES = os.path.join(ROOT, "Benchmarks", "sql")
TPC = os.path.join(ROOT, ".millrace", "test", "tpc")
SHAPES = ["in_list", "select_list", "with_tables", "conditions", "script", "unions", "sum"]
# What is measured: its name, the task, the corpora.
JOBS = [
    ("parse", "parse", ["postgres", "bigquery"]), ("parse_tpcds", "parse", ["tpcds"]),
    ("generate", "generate", ["postgres", "bigquery", "tpcds"]),
    ("transpile", "transpile", ["postgres", "bigquery", "tpcds"]),
    ("qualify", "qualify", ["tpcds"]), ("lineage", "lineage", ["tpcds"]),
]


def run(*arguments, **keywords):
    return subprocess.run(arguments, check=True, text=True, **keywords)


def build():
    """The module alone and the worker: the rest of the package is not needed."""
    module = os.path.join(FOLDER, "SQL.o")
    worker = os.path.join(FOLDER, "worker")
    sources = sorted(glob.glob(os.path.join(ROOT, "Shared/SQL/**/*.swift"), recursive=True))
    own = [os.path.join(SOURCES, "Worker.swift")]
    newest = max(os.path.getmtime(path) for path in sources + own)
    if os.path.exists(worker) and os.path.getmtime(worker) > newest:
        return worker
    run("swiftc", "-O", "-wmo", "-swift-version", "6", "-parse-as-library", "-module-name", "SQL", "-emit-module",
        "-emit-object", "-emit-module-path", os.path.join(FOLDER, "SQL.swiftmodule"), "-o", module, *sources)
    run("swiftc", "-O", "-swift-version", "6", "-I", FOLDER, module, *own, "-o", worker)
    return worker


def python(variant):
    """The interpreter of a virtual environment with SQLGlot, made when it is not there."""
    requirements = os.path.join(SOURCES, f"requirements-{variant}.txt")
    folder = os.path.join(FOLDER, f"venv-{variant}")
    stamp = os.path.join(folder, "complete")
    if not os.path.exists(stamp) or os.path.getmtime(stamp) < os.path.getmtime(requirements):
        run(sys.executable, "-m", "venv", "--clear", folder)
        run(os.path.join(folder, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
            "--only-binary", ":all:", "--requirement", requirements)
        open(stamp, "w", encoding="ascii").close()
    return os.path.join(folder, "bin", "python")


def corpora():
    """Statements and tables by name."""
    if not os.path.exists(os.path.join(TPC, "complete-2")):
        run(os.path.join(ROOT, "Tests", "SQLTests", "Fixtures", "tpc-queries"), TPC)
    tables = {}
    with open(os.path.join(TPC, "schema.tsv"), encoding="utf-8") as file:
        for line in file:
            suite, table, column, kind = line.rstrip("\n").split("\t")
            if suite == "tpcds":
                tables.setdefault(table, []).append([column, kind])
    queries = []
    for path in sorted(glob.glob(os.path.join(TPC, "tpcds-*.sql"))):
        with open(path, encoding="utf-8") as file:
            queries += [text.strip() for text in file.read().split(";") if text.strip()]
    return {
        "postgres": {"dialect": "postgres", "statements": statements("postgres"), "tables": {}},
        "bigquery": {"dialect": "bigquery", "statements": statements("bigquery"), "tables": {}},
        "tpcds": {"dialect": "postgres", "statements": queries, "tables": tables},
    }


def write(folder, contents):
    os.makedirs(folder, exist_ok=True)
    for path in glob.glob(os.path.join(folder, "*.json")):
        os.remove(path)
    for name, content in contents.items():
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(content, file)


class Worker:
    """A process that answers lines with lines."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args} gave no answer to: {line}")
        return answer.split()


def common_to_all(commands, contents):
    """For each task and corpus, what all workers can do."""
    folder = os.path.join(FOLDER, "all")
    write(folder, contents)
    able = {}
    for command in commands:
        with Worker(*command, folder) as worker:
            for _, task, names in JOBS:
                for name in names:
                    numbers = set(map(int, worker.ask(f"which {task} {name}")))
                    able[task, name] = able.get((task, name), numbers) & numbers
    chosen = {}
    for (task, name), numbers in able.items():
        content = contents[name]
        texts = [content["statements"][number] for number in sorted(numbers)]
        chosen[f"{task}-{name}"] = dict(content, statements=texts)
        print(f"{task} {name}: {len(texts)} of {len(content['statements'])} statements")
    return chosen


def rates(workers):
    """By job and worker: statements and megabytes a second."""
    found = {}
    for _ in range(ROUNDS):
        for job, task, names in JOBS:
            for worker in workers:
                answers = [list(map(float, workers[worker].ask(f"{task} {task}-{name} {SECONDS}"))) for name in names]
                # Each corpus once, however often it was gone through.
                seconds = [answer[2] / answer[0] for answer in answers]
                speed = [answer[1] / answer[2] / 1e6 for answer in answers]
                found.setdefault((job, worker), []).append((len(seconds) / sum(seconds), statistics.mean(speed)))
    return {key: [statistics.median(values) for values in zip(*rounds)] for key, rounds in found.items()}


def growth(worker):
    """For each shape: how much more a byte costs in a long text than in a short one, in time and in memory."""
    results = []
    for shape in SHAPES:
        def measure(size):
            path = os.path.join(FOLDER, "shape.sql")
            run(worker, "write", shape, str(size), path)
            words = run(worker, "grow", shape, path, capture_output=True).stdout.split()
            length, seconds, peak_kib = map(float, words)
            return seconds / length, peak_kib * 1024 / length
        # A long text does not fit into the processor's caches, a short one does: that much more a byte may cost.
        times = [statistics.median(measure(size)[0] for _ in range(3)) for size in (1_000, 30_000, 1_000_000)]
        memories = [measure(size)[1] for size in (250_000, 1_000_000)]
        results.append(result(f"growth_time_{shape}", times[-1] / min(times), "x", "limit", 2, smaller_is_better=True))
        results.append(result(f"growth_memory_{shape}", max(memories[-1] / memories[0], 0.01), "x", "limit", 1.5,
                              smaller_is_better=True))
    return results


def main():
    os.makedirs(FOLDER, exist_ok=True)
    swift = build()
    peer = os.path.join(SOURCES, "peer.py")
    commands = {"millrace": [swift], "pure": [python("pure"), peer], "compiled": [python("compiled"), peer]}
    write(os.path.join(FOLDER, "chosen"), common_to_all(commands.values(), corpora()))
    workers = {name: Worker(*command, os.path.join(FOLDER, "chosen")) for name, command in commands.items()}
    measured = rates(workers)
    for worker in workers.values():
        worker.__exit__()
    results = []

    def add(name, job, unit, kind, limit=None):
        ours, pure, compiled = (measured[job, worker][kind] for worker in ("millrace", "pure", "compiled"))
        if limit is not None:
            results.append(result(name, ours, unit, "limit", limit, smaller_is_better=False))
        results.append(result(name, ours, unit, "SQLGlot, pure Python", pure, smaller_is_better=False))
        results.append(result(name, ours, unit, "SQLGlot, compiled", compiled, smaller_is_better=False))

    add("parse", "parse", "stmt/s", 0, limit=50 * measured["parse", "pure"][0])
    add("parse_tpcds_mb_s", "parse_tpcds", "MB/s", 1, limit=40)
    add("generate", "generate", "stmt/s", 0)
    add("transpile", "transpile", "stmt/s", 0)
    add("qualify", "qualify", "query/s", 0, limit=5_000)
    add("lineage", "lineage", "query/s", 0, limit=2_000)
    report("sql", results + growth(swift))


main()
