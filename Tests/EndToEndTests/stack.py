"""Commands of the services on the test servers (scripts/test-services), beside the demo: a database and topics of one's own."""

import os
import subprocess
import time

from demo import ROOT


def free_port():
    """A port that nobody else is given before its server listens."""
    return subprocess.run([os.path.join(ROOT, "scripts", "free-port")], check=True, capture_output=True,
                          text=True).stdout.strip()


class Stack:
    """A pipeline's services by hand. Used as a context."""

    def __init__(self, pipeline, database):
        self.pipeline, self.database = pipeline, database
        self.started = []

    def __enter__(self):
        services = os.path.join(ROOT, "scripts", "test-services")
        subprocess.run([services, "start"], check=True, capture_output=True)
        with open(os.path.join(ROOT, ".millrace", "test", "env"), encoding="ascii") as file:
            servers = dict(line.strip().split("=", 1) for line in file)
        # The ports of the demo beside it look like settings of ours, and the services would warn of them.
        own = {name: value for name, value in os.environ.items() if not name.endswith("_PORT")}
        self.environment = dict(own, **servers, MILLRACE_PIPELINE=self.pipeline)
        self.sql(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {self.database}")
        self.environment["POSTGRES_DB"] = self.database
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        subprocess.run([os.path.join(ROOT, "scripts", "test-services"), "stop"], check=True, capture_output=True)

    def sql(self, statement):
        environment = dict(self.environment, PGPASSWORD=self.environment["POSTGRES_PASSWORD"])
        return subprocess.run(
            ["psql", "-h", self.environment["POSTGRES_HOST"], "-p", self.environment["POSTGRES_PORT"], "-U",
             self.environment["POSTGRES_USER"], "-d", self.environment["POSTGRES_DB"], "-qAtX", "-v", "ON_ERROR_STOP=1",
             "-c", statement], env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def start(self, name, *arguments, **settings):
        environment = {**self.environment, "HTTP_PORT": free_port(), **settings}
        process = subprocess.Popen([os.path.join(ROOT, ".build", "debug", name), *arguments], env=environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.started.append(process)
        return process

    def run(self, name, *arguments, code=0, **settings):
        """The command's output."""
        process = self.start(name, *arguments, **settings)
        output, _ = process.communicate(timeout=300)
        if process.returncode != code:
            raise AssertionError(f"{name} {' '.join(arguments)} ended with {process.returncode}:\n{output}")
        return output

    def messages(self, topic):
        """Keys and values of everything that is in a topic, a line each."""
        output = subprocess.run(
            ["kcat", "-C", "-q", "-e", "-b", self.environment["KAFKA_BOOTSTRAP_SERVERS"], "-t", topic, "-f", "%k\t%s\n"],
            check=True, capture_output=True, text=True, timeout=120).stdout
        return output.splitlines()


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.1)
