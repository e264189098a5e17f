"""Commands about the list of training runs: runs, work."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.shared import whole
from core.files.wording import counted, percentage
from core.runs.run import MAX_NUMBER

if TYPE_CHECKING:
    from core.runs.store import RunStore


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
    change.add_argument(
        "--backup",
        type=Path,
        metavar="FILE",
        help="save the whole list, models and settings included, in one file; while the app runs, too",
    )
    change.add_argument(
        "--log", action="store_true", help="show who queued, renamed and deleted what, the latest first"
    )
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
    from core.runs.upkeep import back_up

    store = RunStore(options.store)
    if options.backup:
        count = back_up(store, options.backup)
        print(f"{options.backup}: {counted(count, 'run')} saved")
    elif options.log:
        _print_log(store)
    elif options.delete:
        store.delete(options.delete)
    elif options.pause:
        store.ask(options.pause, "pause")
    elif options.stop:
        store.ask(options.stop, "stop")
    elif options.resume:
        store.ask(options.resume, "resume")
        ensure_workers(store)
    else:
        _print_list(store)
    store.close()
    return 0


def _print_list(store: RunStore) -> None:
    from core.runs.launch import FAILED_STARTS_TOLD, LOG_FILE
    from core.runs.rows import UnreadableRun

    for run in store.page():
        if isinstance(run, UnreadableRun):
            print(f"{run.number:>4}  unreadable")
            print(f"core: {run.reason}", file=sys.stderr)
            continue
        reached = "" if run.exact_match is None else f"exact match {run.exact_match:.5f}"
        share = f"{percentage(run.done, 0):>3} %"
        print(f"{run.number:>4}  {run.status:<11}  {share}  {reached:<19}  {run.name}".rstrip())
    failed = store.failed_starts()
    if failed >= FAILED_STARTS_TOLD and store.count("queued"):
        log = store.folder / LOG_FILE
        print(f"core: nothing is trained: {failed} workers ended before they could begin; see {log}", file=sys.stderr)


def _print_log(store: RunStore) -> None:
    for event in store.events():
        when = datetime.fromtimestamp(event.moment, UTC)
        who = event.visitor or "(server)"
        run = f"{event.run:>4}" if event.run else " " * 4
        print(f"{when:%Y-%m-%d %H:%M:%S}  {who:<12}  {event.what:<8}  {run}  {event.name}".rstrip())


def _work(options: argparse.Namespace) -> int:
    from core.runs.launch import training_limit
    from core.runs.store import RunStore
    from core.runs.worker import be_modest, work

    be_modest()
    store = RunStore(options.store)
    work(store, options.limit or training_limit())
    store.close()
    return 0
