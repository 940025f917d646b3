"""scripts/demo, as somebody uses it the second time: another pipeline beside the first, ports that are taken, a shell that reads
the env file, a start after everything was killed."""

import glob
import os
import re
import signal
import socket
import subprocess
import time
import unittest

import demo

FOLDER = os.path.join(demo.DIRECTORY, "beside")


class BesideTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # No port is set, so that the script chooses; the usual ports may be somebody's.
        cls.environment = {name: value for name, value in os.environ.items() if not name.endswith("_PORT")}
        cls.environment.update(PIPELINE="Pipelines/subscriptions", DEMO_DIR=FOLDER, DEMO_USERS="5")

    def script(self, *arguments):
        done = subprocess.run([os.path.join(demo.ROOT, "scripts", "demo"), *arguments], env=self.environment,
                              cwd=demo.ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def shell(self, command):
        return subprocess.run(["bash", "-euc", f"source {FOLDER}/env && {command}"], cwd="/", capture_output=True,
                              text=True, check=True).stdout

    def pids(self):
        files = glob.glob(f"{FOLDER}/run/*.pid") + glob.glob(f"{FOLDER}/*/pid") + glob.glob(f"{FOLDER}/postgres/home/data/postmaster.pid")
        found = []
        for path in files:
            with open(path, encoding="ascii") as file:
                found.append(int(file.readline()))
        return found

    def test_again_and_beside(self):
        self.addCleanup(self.script, "clean")
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                other.bind(("127.0.0.1", 8088))
                other.listen()
            except OSError:
                pass  # somebody has it already, which does as well
            output = self.script("start")
        self.assertIn("port 8088 is taken; bi-api is on ", output)
        self.assertEqual(len(self.pids()), 8)

        for pid in self.pids():
            self.assertEqual(os.stat(f"/proc/{pid}").st_uid, os.getuid())
        self.assertNotEqual(os.getuid(), 0, "root hides what an ordinary user may not do")
        for path in glob.glob(f"{FOLDER}/secrets/*"):
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)

        numbers = self.script("check")
        for topic in ["subscriptions", "revenue", "churn", "customer_engagement"]:
            self.assertRegex(numbers, rf"messages in topic {topic} +[1-9]")
        self.assertIn("analytics.customer_summary", self.shell("transformer plan --environment dev"))
        counted = int(re.search(r"rows in raw.raw_revenue_events +(\d+)", numbers).group(1))
        # The simulator goes on.
        self.assertGreaterEqual(int(self.shell("psql -Atc 'select count(*) from raw.raw_revenue_events'")), counted)

        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        demo.wait_for(lambda: not any(self.runs(pid) for pid in self.pids()), 30, "the end of all that was killed")
        self.script("start")
        self.script("check")
        self.assertIn("runs already", self.script("start"))

    @staticmethod
    def runs(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False


class ToolTests(unittest.TestCase):
    def lib(self, command):
        return subprocess.run(["bash", "-c", f"source {demo.ROOT}/scripts/lib.sh; {command}"], capture_output=True, text=True)

    def test_ports(self):
        """Different ones each time, below the range of the kernel's own."""
        command = [os.path.join(demo.ROOT, "scripts", "free-port"), "20"]
        ports = [int(port) for _ in range(2) for port in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]
        self.assertEqual(len(set(ports)), 40)
        self.assertLess(max(ports), 32_768)

    def test_a_number_that_another_process_was_given_is_not_alive(self):
        path = os.path.join(demo.DIRECTORY, "old.pid")
        self.addCleanup(os.remove, path)
        with open(path, "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
        self.assertEqual(self.lib(f"alive {path}").returncode, 0)
        os.utime(path, (time.time() - 86_400,) * 2)
        self.assertEqual(self.lib(f"alive {path}").returncode, 1)


if __name__ == "__main__":
    unittest.main()
