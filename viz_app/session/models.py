"""The models and their decodings, kept once for all visitors."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Final

from core.backend.numpy_backend import CPU
from core.data.offered_reading import offered_readings
from core.data.source_text import AnyText, SourceTextError
from core.data.vocabulary import knows_dates
from core.decoding.interventions import Intervention
from core.decoding.interventions_json import intervention_to_dict
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import available_models, load_pipeline, load_pretrained
from core.decoding.trace import DecodingTrace
from core.models.parameters import CheckpointError
from core.runs.run import Run
from viz_app.session import heavy, pool_work, runs
from viz_app.session.bounded_cache import BoundedCache
from viz_app.session.model_file import ModelFile, bytes_of
from viz_app.text.i18n import Translator, counted

# A trace of the shipped models holds about 90 kB.
TRACES_KEPT: Final = 40 * 2**20
"""Bytes of all decodings that are kept."""
# A model of the largest recipe holds 5 MB.
MODELS_KEPT: Final = 256 * 2**20
"""Bytes of all models that are kept."""

# A decoding with so many changes takes 2 to 4 ms of the interpreter that answers clicks, with 64 of them 5 to 17. To
# have it from the pool takes 0.7 ms of it (sending, waking up, reading), and its visitor 1 ms more.
CHANGES_HERE: Final = 8
"""With more changes than these, the pool decodes."""

_pipelines: Final[BoundedCache[str, Pipeline]] = BoundedCache(MODELS_KEPT, bytes_of)
_traces: Final[BoundedCache[tuple[str, str, str], DecodingTrace]] = BoundedCache(TRACES_KEPT, lambda t: t.nbytes)

_RUN: Final = re.compile("run-([1-9][0-9]{0,8})", re.ASCII)


class GoneModelError(CheckpointError):
    """A model of a training run that somebody has deleted, perhaps a moment ago."""


def names() -> list[str]:
    """The models that a page can show: those that ship, then those of the finished training runs, the newest first."""
    return [*available_models(), *map(name_of_run, runs.finished())]


def is_known(name: str) -> bool:
    """Is it one of `names`? At once for a model that ships and is loaded, which most questions are about."""
    return (not is_of_run(name) and _pipelines.find(name) is not None) or name in names()


def name_of_run(number: int) -> str:
    """The name of the model that a training run has made."""
    return f"run-{number}"


def is_of_run(name: str) -> bool:
    """Does a name say that the model comes from a training run?"""
    return _RUN.fullmatch(name) is not None


def is_gone(name: str) -> bool:
    """Was the training run that the model came from deleted?"""
    return is_of_run(name) and run_of(name) is None


def run_of(name: str) -> Run | None:
    """The finished training run that a model comes from; None for a model that ships."""
    found = _RUN.fullmatch(name)
    return runs.finished_run(int(found[1])) if found else None


def load(name: str) -> Pipeline:
    """A model by its name, for the caller alone. On the CPU: one date is too little work for a GPU to pay off.

    Raises:
        GoneModelError: the training run that it came from was deleted.
        CheckpointError: there is no such model, or its file is damaged.
    """
    if not is_of_run(name):
        return load_pretrained(name, device="cpu")
    run = run_of(name)
    if run is None or run.model_file is None:
        raise GoneModelError(f"there is no model {name!r}: no training run of this number has finished")
    return load_pipeline(run.model_file, name, CPU)


def pipeline(name: str) -> Pipeline:
    """A model by its name, loaded once and shared."""
    return _pipelines.get(name, lambda: load(name))


def file_of(model: Pipeline) -> ModelFile:
    """Where another process finds a model."""
    run = run_of(model.name)
    return ModelFile(model.name, run.model_file if run else None, model.digest)


def readings_for(text: str, model: Pipeline) -> list[str]:
    """What can be offered for a text that is no date as the model knows them: at most two, and it can read both."""
    if not knows_dates(model.vocabulary.characters):
        return []
    return [reading for reading in offered_readings(text) if _can_read(reading, model)]


def _can_read(text: str, model: Pipeline) -> bool:
    try:
        model.read(text)
    except SourceTextError:
        return False
    return True


def trace(name: str, text: AnyText, interventions: Sequence[Intervention] = ()) -> DecodingTrace:
    """The decoding of a text, kept by parameter digest, normalised text and changes. Its arrays are read-only.

    Raises:
        SourceTextError: the text cannot be read.
        InterventionError: a change cannot be made.
    """
    model = pipeline(name)
    source = model.read(text)
    changes = [intervention_to_dict(intervention) for intervention in interventions]
    key = (model.digest, source.text, json.dumps(changes) if changes else "")
    if len(interventions) <= CHANGES_HERE:
        return _traces.get(key, lambda: model.trace(source, interventions))
    if (found := _traces.find(key)) is None:
        found = heavy.answer(
            ("trace", *key),
            pool_work.decode,
            file_of(model),
            source.text,
            list(interventions),
            here=lambda: model.trace(source, interventions),
        )
        _traces.keep(key, found.read_only())
    return found


def title(name: str, _: Translator) -> str:
    """What people call a model; of a training run also the name that a person gave it, which is plain text."""
    if (run := run_of(name)) is not None:
        return run_title(run, _)
    return {
        "date-attention": _("Attention"),
        "date-peeky": _("Peeky"),
        "date-seq2seq": _("Plain seq2seq"),
    }.get(name, name)


def run_title(run: Run, _: Translator) -> str:
    """What people call a training run."""
    if not run.name:
        return _("Run {number}").format(number=run.number)
    return _("Run {number}: {name}").replace("{number}", str(run.number)).replace("{name}", run.name)


def description(name: str, _: Translator) -> str:
    """How a model works, in one line; empty for a model that is not ours."""
    run = run_of(name)
    return {
        "attention": _("At every step it looks back at all typed characters and weighs them."),
        "peeky": _("It reads the date into one vector and shows this vector to every step."),
        "seq2seq": _("It reads the date into one vector, which only the first step gets to see."),
    }.get(run.options.model if run else name.removeprefix("date-"), "")


def share_right(name: str, family: str | None = None) -> float | None:
    """How often a model is right on the dates of a family, or on all, as its own file says; None where it does not."""
    measured = pipeline(name).accuracy
    if measured is None:
        return None
    found = measured.total if family is None else measured.families.get(family)
    return None if found is None else found.exact_match


def accuracy(name: str, _: Translator) -> str:
    """How often a model is right, as its own file says; empty where it does not."""
    measured = pipeline(name).accuracy
    if measured is None:
        return ""
    # Rounded down: a model that is not always right is never called so.
    percent = math.floor(1000 * measured.exact_match) / 10
    sentence = counted(
        measured.total.n,
        _("Of 1 held-out date, {share} right."),
        _("Of {count} held-out dates in its seven ways of writing, {share} right."),
    )
    return sentence.replace("{share}", _("{number} %").format(number=f"{percent:g}"))
