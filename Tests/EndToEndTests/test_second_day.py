"""The second day as a script: each kind of change once, each looked at from outside (second_day/steps.py)."""

import unittest

from second_day import history, steps


class SecondDayTests(unittest.TestCase):
    def test_history(self):
        history.run(steps.HISTORY, seed=12)

    @unittest.skipUnless(steps.PREVIOUS, "SECOND_DAY_PREVIOUS_BIN is not set: no binaries of the previous commit (scripts/second-day --previous)")
    def test_upgrade(self):
        history.run([steps.Upgraded, steps.DescriptionChanged, steps.Upgraded], seed=12, binaries=steps.PREVIOUS)


if __name__ == "__main__":
    unittest.main()
