"""Commands about the list of training runs: runs, work."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.shared import whole
from core.files.wording import percentage
from core.runs.run import MAX_NUMBER


def add_runs(parser: argparse.ArgumentParser) -> None:
    """Options of `runs`."""
    parser.description = (
        "List the training runs, the newest first, with the share of held-out dates that the best epoch got right; or "
        "change one of them, whatever process trains it."
    )
    change = parser.add_mutually_exclusive_group()
    for what, does in (
        ("pause", "store where it stands, and let the next in the queue begin"),
        ("resume", "put it at the end of the queue, to go on where it stands"),
        ("stop", "keep its best parameters so far"),
        ("delete", "forget it, and delete its files where they are in the store"),
    ):
        change.add_argument(f"--{what}", type=whole(1, MAX_NUMBER), metavar="NUMBER", help=does)
    _add_store_option(parser)
    parser.set_defaults(command=_runs)


def add_work(parser: argparse.ArgumentParser) -> None:
    """Options of `work`."""
    parser.description = (
        "Train what waits in the list of runs, one after the other, then end. The app starts this by itself. It gives "
        "way to everything else on the machine."
    )
    parser.add_argument(
        "--limit",
        type=whole(1),
        metavar="N",
        help="end at once if so many are at it already (default: $ATTENTION_TRAINING_LIMIT, or 1)",
    )
    _add_store_option(parser)
    parser.set_defaults(command=_work)


def _add_store_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store", type=Path, metavar="FOLDER", help="the list of runs (default: $ATTENTION_RUNS, or runs/)"
    )


def _runs(options: argparse.Namespace) -> int:
    from core.runs.launch import ensure_workers
    from core.runs.store import RunStore

    store = RunStore(options.store)
    if options.delete:
        store.delete(options.delete)
    elif options.pause:
        store.ask(options.pause, "pause")
    elif options.stop:
        store.ask(options.stop, "stop")
    elif options.resume:
        store.ask(options.resume, "resume")
        ensure_workers(store)
    else:
        for run in store.list():
            reached = "" if run.exact_match is None else f"exact match {run.exact_match:.5f}"
            share = f"{percentage(run.done, 0):>3} %"
            print(f"{run.number:>4}  {run.status:<11}  {share}  {reached:<19}  {run.name}".rstrip())
    return 0


def _work(options: argparse.Namespace) -> int:
    from core.runs.launch import training_limit
    from core.runs.store import RunStore
    from core.runs.worker import be_modest, work

    be_modest()
    work(RunStore(options.store), options.limit or training_limit())
    return 0
