"""`python -m benchmarks`: measure, print a table, write JSON; `load`: a class of visitors; `fuzz`: hostile inputs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.pieces import PIECES, measure, measure_gpu, say
from benchmarks.plot import growth_svg
from benchmarks.report import render
from benchmarks.results import Report
from benchmarks.timing import BenchmarkError
from core.backend.devices import DeviceError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; returns the exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    # Imported here: these speak with Streamlit's own messages.
    if words[:1] == ["load"]:
        from benchmarks import load

        return load.main(words[1:])
    if words[:1] == ["fuzz"]:
        from benchmarks import fuzz

        return fuzz.main(words[1:])
    options = _parser().parse_args(arguments)
    if options.read:
        report = Report.from_dict(json.loads(options.read.read_text(encoding="utf-8")))
    else:
        try:
            if options.device == "cuda":
                report = measure_gpu(quick=options.quick)
            else:
                threads = options.threads or _default_threads(options.quick)
                report = measure(options.pieces, threads, quick=options.quick)
        except (BenchmarkError, DeviceError) as error:
            say(str(error))
            return 1
    if options.output:
        write(report, options.output)
    print(render(report, markdown=options.markdown))
    return 0


def write(report: Report, file: Path) -> None:
    """The report as JSON and, where growth was measured, its picture beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report.to_dict(), indent=1) + "\n", encoding="utf-8")
    picture = growth_svg(report)
    if picture:
        file.with_suffix(".svg").write_text(picture, encoding="utf-8")


def _default_threads(quick: bool) -> list[int]:
    return [1] if quick else [1, 2][: machine.cores()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure speed and memory beside PyTorch (where it is installed), a plain layer-by-layer NumPy "
        "implementation and the bare matrix products. Takes about ten minutes on a calm machine.",
    )
    parser.add_argument("--pieces", nargs="+", choices=PIECES, default=list(PIECES), help="(default: all)")
    parser.add_argument(
        "--threads",
        nargs="+",
        type=int,
        choices=range(1, machine.cores() + 1),
        metavar="COUNT",
        help="numbers of BLAS threads to measure at, up to the number of cores (default: 1 and 2; quick: 1)",
    )
    parser.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="cuda measures a training iteration and decoding to disk on a GPU instead of the pieces (default: cpu)",
    )
    parser.add_argument("--quick", action="store_true", help="run everything once, small: to see that it works")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--output", type=Path, metavar="FILE", help="write JSON and, beside it, a picture of growth")
    source.add_argument("--read", type=Path, metavar="FILE", help="print an earlier run's JSON; measures nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
