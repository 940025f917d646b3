"""A history of steps over one running stack: the scripted one, or one by chance from a seed."""

import argparse
import os
import random
import time

from . import steps
from .world import BINARIES, ROOT, World

FOLDER = os.path.join(ROOT, ".millrace", "second-day")


def run(history, seed, folder=FOLDER, binaries=BINARIES):
    """Each step, twice where that means something, and what must be true after it. `history` may look at the world."""
    done = []
    with World(folder, seed, steps.first_models(), binaries) as world:
        try:
            world.apply()
            world.check()
            world.dump()
            for kind in history:
                step = kind()
                began = time.monotonic()
                done.append(step.name)
                print(f"{len(done):3}. {step.name} ", end="", flush=True)
                step.prepare(world)
                step.apply(world)
                world.check(step.allowed)
                step.expect(world)
                step.again(world)
                world.check(step.allowed)
                world.dump()
                print(f"({time.monotonic() - began:.1f} s)", flush=True)
        except BaseException as problem:
            history = "\n".join(f"  {number}. {name}" for number, name in enumerate(done, 1)) or "  (the first day)"
            raise AssertionError(f"{problem}\n\nseed {seed}; the history up to here:\n{history}\n{world.log_ends()}") from problem


def by_chance(seed, count):
    """Any order is valid: a step prepares what it needs."""
    chance = random.Random(seed)
    kinds = list(dict.fromkeys(steps.HISTORY))
    return [chance.choice(kinds) for _ in range(count)]


def upgraded(history):
    """The same, begun with the services of the previous commit, where there are some."""
    return ([steps.Upgraded, *history], steps.PREVIOUS) if steps.PREVIOUS else (history, BINARIES)


def main():
    parser = argparse.ArgumentParser(prog="scripts/second-day", description="A second day by chance, over the running stack.")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="the same seed makes the same history")
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--scripted", action="store_true", help="the written history in place of one by chance")
    parser.add_argument("--folder", default=FOLDER)
    options = parser.parse_args()
    history, binaries = upgraded(steps.HISTORY if options.scripted else by_chance(options.seed, options.steps))
    print(f"seed {options.seed}, {len(history)} steps" + ("" if steps.PREVIOUS else
          "; no services of another commit beside them: SECOND_DAY_PREVIOUS_BIN is not set (scripts/second-day --previous)"), flush=True)
    began = time.monotonic()
    run(history, options.seed, options.folder, binaries)
    print(f"seed {options.seed}: {len(history)} steps in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
