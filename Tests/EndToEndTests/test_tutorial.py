"""docs/tutorial.md, run as it stands: its shell blocks in one shell, one after the other, and their outputs compared."""

import os
import re
import shutil
import subprocess
import threading
import unittest

from demo import ROOT

FOLDER = os.environ.get("TUTORIAL_DIR") or os.path.join(ROOT, ".millrace", "tutorial")
#: Seconds that a block may take; the first one starts everything.
BLOCK_MAX = 240
#: `make` and the scripts are those of the checkout, with the debug build and less history.
PRELUDE = """
set -uo pipefail
make() { case $1 in demo) scripts/demo start ;; demo-*) scripts/demo "${1#demo-}" ;; esac; }
export CONFIGURATION=debug DEMO_RATE=5 DEMO_USERS=100 DEMO_HISTORY_DAYS=3
"""


def blocks():
    """Pairs of a shell block and the output that stands below it, or None."""
    with open(os.path.join(ROOT, "docs", "tutorial.md"), encoding="utf-8") as file:
        parts = re.findall(r"^```(bash|text)\n(.*?)^```$", file.read(), re.M | re.S)
    for index, (language, text) in enumerate(parts):
        if language == "bash":
            following = parts[index + 1:index + 2]
            yield text, following[0][1] if following and following[0][0] == "text" else None


def matches(expected, output):
    """Every line is there, in this order; a line of … stands for any lines, … in a line for any text."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
                      for line in expected.splitlines())
    return re.search(rf"^{pattern}", output if output.endswith("\n") else output + "\n", re.M) is not None


class TutorialTests(unittest.TestCase):
    def setUp(self):
        os.makedirs(FOLDER, exist_ok=True)
        self.environment = {name: value for name, value in os.environ.items() if not name.endswith("_PORT")}
        self.environment["DEMO_DIR"] = os.path.join(FOLDER, ".millrace", "demo-my-shop")
        self.clean()
        for name in os.listdir(FOLDER):
            path = os.path.join(FOLDER, name)
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
        os.symlink(os.path.join(ROOT, "Pipelines"), os.path.join(FOLDER, "Pipelines"))
        os.mkdir(os.path.join(FOLDER, "scripts"))
        script = os.path.join(FOLDER, "scripts", "demo")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec "{ROOT}/scripts/demo" "$@"\n')
        os.chmod(script, 0o755)
        self.addCleanup(self.clean)

    def clean(self):
        subprocess.run([os.path.join(ROOT, "scripts", "demo"), "clean"], env=self.environment, cwd=FOLDER, capture_output=True, check=False)

    def end(self, shell):
        shell.kill()
        shell.communicate()

    def test_every_block(self):
        shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
                                 cwd=FOLDER, env=self.environment)
        self.addCleanup(self.end, shell)
        shell.stdin.write(PRELUDE)
        for number, (block, expected) in enumerate(blocks(), 1):
            # The lines of a block go on after one another only while they succeed, as a reader would.
            shell.stdin.write(f"{{ set -e\n{block}set +e; }} 2>&1 </dev/null; echo; echo \"@@ $?\"\n")
            output = ""
            limit = threading.Timer(BLOCK_MAX, shell.kill)
            limit.start()
            for line in shell.stdout:
                if line.startswith("@@"):
                    break
                output += line
            else:
                self.fail(f"block {number} failed, or took more than {BLOCK_MAX} s:\n{block}\n{output}")
            limit.cancel()
            if expected is not None:
                self.assertTrue(matches(expected, output), f"block {number}:\n{block}\nprinted:\n{output}\ninstead of:\n{expected}")


if __name__ == "__main__":
    unittest.main()
