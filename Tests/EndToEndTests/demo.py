"""The running demo, as the end-to-end tests see it: its scripts, ports, secrets and database."""

import os
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIRECTORY = os.environ["DEMO_DIR"]


def url(service, path=""):
    return f"http://localhost:{os.environ[service.upper().replace('-', '_') + '_PORT']}{path}"


def secret(name):
    with open(os.path.join(DIRECTORY, "secrets", name), encoding="utf-8") as file:
        return file.read()


def script(*arguments, check=True):
    return subprocess.run([os.path.join(ROOT, "scripts", "demo"), *arguments], check=check, capture_output=True, text=True)


def sql(statement):
    environment = dict(os.environ, PGPASSWORD=secret("postgres"))
    return subprocess.run(
        ["psql", "-h", "127.0.0.1", "-p", os.environ["DEMO_POSTGRES_PORT"], "-U", "millrace", "-d", "millrace", "-qAtX",
         "-v", "ON_ERROR_STOP=1", "-c", statement], env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def producer(*arguments):
    """A producer of its own, beside the demo's."""
    environment = dict(os.environ, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{os.environ['DEMO_KAFKA_PORT']}",
                       MILLRACE_PIPELINE=os.path.join(ROOT, "Pipelines", "web-analytics"))
    environment.pop("HTTP_PORT", None)
    return subprocess.Popen([os.path.join(ROOT, ".build", "debug", "producer"), *arguments], env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ready(service):
    try:
        return urllib.request.urlopen(url(service, "/readyz"), timeout=2).status == 200
    except OSError:
        return False


def wait_for(condition, seconds, what):
    """Asks until the condition holds; the answer that held is returned."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.1)
