"""`python -m tests.mutations`: does a test notice when the code is broken? docs/testing.md says more."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

from tests.mutations.patches import PATCHES, Patch
from tests.mutations.trial import SECONDS_A_TEST, Outcome, Trial, copy_tree

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the patches that are asked for. Returns: the exit status, 1 where not every one is caught."""
    options = _parser().parse_args(arguments)
    patches = [
        patch
        for patch in PATCHES
        if (not options.names or patch.name in options.names) and (options.room in (None, patch.room))
    ]
    if not patches or set(options.names) - {patch.name for patch in patches}:
        print(f"there are no such patches; there are {', '.join(patch.name for patch in PATCHES)}", file=sys.stderr)
        return 2
    if options.list:
        for patch in patches:
            print(f"{patch.room:<20} {patch.name}")
        return 0
    began = time.monotonic()
    outcomes = _judge_all(patches, options)
    print(f"\n{_table(outcomes, options.before)}")
    for outcome in outcomes:
        if outcome.result != "caught":
            print(f"{outcome.result}: {outcome.name} {outcome.by}")
    print(f"{time.monotonic() - began:.0f} seconds")
    if options.output:
        options.output.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n", "utf-8")
    return int(any(outcome.result != "caught" for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of patches; all where none is named")
    parser.add_argument("--room", metavar="ROOM", help="the patches of one room only")
    parser.add_argument("--tree", type=Path, default=ROOT, metavar="DIR", help="a checkout to break a copy of")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="patches tried at once (default %(default)s)")
    parser.add_argument(
        "--limit",
        type=int,
        default=SECONDS_A_TEST,
        metavar="SECONDS",
        help="for one test; one that takes longer has noticed (default %(default)s)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write what became of every patch as JSON")
    parser.add_argument("--before", type=Path, metavar="FILE", help="compare with what an earlier --output has written")
    parser.add_argument("--likely", action="store_true", help="run no tests but those that a patch names; soon done")
    parser.add_argument("--list", action="store_true", help="name the patches and do nothing")
    return parser


def _judge_all(patches: Sequence[Patch], options: argparse.Namespace) -> list[Outcome]:
    free: SimpleQueue[Trial] = SimpleQueue()

    def judge(patch: Patch) -> Outcome:
        trial = free.get()
        try:
            outcome = trial.judge(patch)
        finally:
            free.put(trial)
        print(f"{outcome.result:<9} {outcome.seconds:5.0f} s  {outcome.name:<40} {outcome.by}", flush=True)
        return outcome

    # Told to end is no other than Ctrl-C: what was started must not stay.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder, ThreadPoolExecutor(options.jobs) as pool:
        copies = [Path(folder) / str(place) for place in range(options.jobs)]
        trials = [Trial(copy, seconds_a_test=options.limit, thorough=not options.likely) for copy in copies]
        for copy, trial in zip(copies, trials, strict=True):
            copy_tree(options.tree, copy)
            free.put(trial)
        try:
            return list(pool.map(judge, patches))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for trial in trials:
                trial.stop()
            raise


def _table(outcomes: Sequence[Outcome], before: Path | None) -> str:
    """Caught of all by room; beside it what was caught of the same patches earlier."""
    earlier = {}
    if before is not None:
        earlier = {each["name"]: each["result"] == "caught" for each in json.loads(before.read_text("utf-8"))}
    lines = ["| room | caught | of |" + (" before |" if earlier else ""), "|---|---|---|" + ("---|" if earlier else "")]
    for room in (*dict.fromkeys(outcome.room for outcome in outcomes), "all"):
        of_room = [outcome for outcome in outcomes if room in (outcome.room, "all")]
        caught = sum(outcome.result == "caught" for outcome in of_room)
        then = sum(earlier.get(outcome.name, False) for outcome in of_room)
        lines.append(f"| {room} | {caught} | {len(of_room)} |" + (f" {then} |" if earlier else ""))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
