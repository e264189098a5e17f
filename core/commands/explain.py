"""`explain`: where a model with attention looks, and what its answers hang on."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.analysis.truth import TRUTH_FILE, measure_truth, write_truth
from core.backend.devices import get_backend
from core.commands.shared import UnusableError, add_device_option, family_line, say_device
from core.data.held_out import held_out_dates
from core.decoding.pretrained import PARAMETER_FILE, load_pipeline


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Options of `explain`."""
    parser.description = (
        "Measure a model with attention over the held-out dates of the shipped models: where it looks, and "
        f"what is still right when it is made to look elsewhere. Writes {TRUTH_FILE} into the model's folder, from "
        "which the app and `card` take the figures."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"with a {PARAMETER_FILE}")
    add_device_option(parser)
    parser.set_defaults(command=_explain)


def _explain(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    pipeline = load_pipeline(folder / PARAMETER_FILE, folder.resolve().name, get_backend(options.device))
    say_device(pipeline.model.backend)
    if not pipeline.reads_dates:
        raise UnusableError(f"{folder} does not read dates, of which alone it is known where a model should look")
    try:
        truth = measure_truth(pipeline, held_out_dates())
    except ValueError as error:
        raise UnusableError(str(error)) from error
    write_truth(folder, truth)
    print(f"argmax on gold  {truth.alignment.whole.total.argmax_on_gold:.5f}")
    for name, evaluation in truth.experiments.items():
        print(family_line(name, evaluation.total))
    return 0
