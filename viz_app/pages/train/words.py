"""The words of the Train page: settings, presets, and what becomes of a run."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final

from core.data.dates import FAMILIES
from core.runs.limits import limits
from core.runs.run import Run
from core.runs.upkeep import size_of
from core.training.plan import MODELS
from core.training.recipe import RECIPES
from viz_app.pages.train.settings import Settings, changed, settings_of
from viz_app.session import runs
from viz_app.text.i18n import Translator, counted
from viz_app.text.tables import NOTHING, percent

SIGNS: Final = {
    "queued": "…",
    "running": "▶",
    "paused": "‖",
    "finished": "✓",
    "stopped": "■",
    "failed": "✗",
    "interrupted": "!",
}
_EXAMPLES: Final = {family.name: family.example for family in FAMILIES}
_NAMED_AT_MOST: Final = 3


# --- Settings ---------------------------------------------------------------------------------------------------------


def setting_names(_: Translator) -> dict[str, str]:
    """What people call the settings, by the names of `Settings`."""
    return {
        "model": _("Model"),
        "score": _("Score of attention"),
        "bidirectional": _("Encoder reads"),
        "hidden_size": _("Hidden size"),
        "wordvec_size": _("Embedding size"),
        "reversed_input": _("Reversed input"),
        "optimizer": _("Optimiser"),
        "learning_rate": _("Learning rate"),
        "batch_size": _("Batch size"),
        "epochs": _("Epochs"),
        "clipped": _("Clip gradients"),
        "max_grad": _("Longest gradient"),
        "seed": _("Seed"),
        "kind": _("Source of the dates"),
        "pairs": _("How many dates"),
        "families": _("Ways to write a date"),
        "data_seed": _("Seed of the dates"),
        "device": _("Device"),
    }


def choices(name: str, _: Translator) -> dict[str, str]:
    """What the values of a setting are called."""
    return {
        "model": dict(zip(MODELS, (_("Attention"), _("Peeky"), _("Plain seq2seq")), strict=True)),
        "score": {
            "dot": _("dot: s · h (the book, Luong)"),
            "scaled-dot": _("scaled dot: s · h / √H (Vaswani)"),
            "general": _("general: s W · h (Luong)"),
            "additive": _("additive: v · tanh(s W + h U) (Bahdanau)"),
        },
        "optimizer": {"adam": "Adam", "adagrad": "AdaGrad", "momentum": "Momentum", "sgd": "SGD"},
        "kind": {"generated": _("drawn at random"), "file": _("from a file")},
        "device": {"auto": _("automatic"), "cpu": _("CPU"), "cuda": _("GPU (CUDA)")},
    }[name]


def directions(_: Translator) -> dict[bool, str]:
    """In which directions the encoder reads."""
    return {False: _("in one direction"), True: _("in both directions")}


def value_words(name: str, value: Any, _: Translator) -> str:
    """The value of a setting in a few words."""
    if name == "bidirectional":
        return directions(_)[value]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "families":
        return _(", ").join(_EXAMPLES[family] for family in value) or NOTHING
    if isinstance(value, str):
        return choices(name, _)[value].split(":")[0]
    return f"{value:g}" if isinstance(value, float) else f"{value:,}"


def preset_name(name: str, _: Translator) -> str:
    """What people call a preset."""
    return {"quick": _("Quick demo"), "dependable": _("The dependable recipe"), "book": _("The book's run")}[name]


def preset_sentence(name: str, _: Translator) -> str:
    """What a preset is, and what to expect of it."""
    epochs, share = RECIPES[name].epochs, _("{number} %")
    return {
        "quick": _(
            "A smaller model, to watch it learn. About 20 seconds on a machine that has nothing else to do; right on "
            "{share} or more of the dates it has never seen."
        ).format(share=share.format(number=99)),
        "dependable": _(
            "How the models that ship were made. {epochs} epochs, some minutes; right on {share} or more, from every "
            "seed that was tried."
        ).format(epochs=epochs, share=share.format(number=99.9)),
        "book": _(
            "The settings of the book's chapter 8. {epochs} epochs, a quarter of an hour; it needs luck to leave the "
            "plateau, which is worth watching."
        ).format(epochs=epochs),
    }[name]


def differences(settings: Settings, _: Translator) -> str:
    """What differs from the preset, in one sentence."""
    pairs = changed(settings)
    preset = settings.preset
    if not pairs:
        return _("All settings as in the preset.") if preset else ""
    names = setting_names(_)
    told = [
        _("{setting} {value} instead of {preset}").format(
            setting=names[name], value=value_words(name, value, _), preset=value_words(name, before, _)
        )
        for name, (value, before) in pairs.items()
    ]
    return _("Other than in the preset: {differences}.").format(differences=_("; ").join(told))


def few_words(run: Run, _: Translator) -> str:
    """The settings of a run, in a few words: model, preset, and what differs from it."""
    settings = settings_of(run.options)
    names = setting_names(_)
    pairs = changed(settings)
    preset = preset_name(settings.preset, _) if settings.preset else _("Own recipe")
    told = [f"{names[name]} {value_words(name, value, _)}" for name, (value, _before) in pairs.items()]
    rest = len(told) - _NAMED_AT_MOST
    more = [counted(rest, _("and 1 more setting"), _("and {count} more settings"))] if rest > 0 else []
    return _(", ").join([choices("model", _)[settings.model], preset, *told[:_NAMED_AT_MOST], *more])


# --- Runs -------------------------------------------------------------------------------------------------------------


def status_words(run: Run, _: Translator) -> str:
    """What becomes of a run."""
    if run.request:
        return {"pause": _("Pausing …"), "stop": _("Stopping …")}[run.request]
    return {
        "queued": _("Waiting"),
        "running": _("Training"),
        "paused": _("Paused"),
        "finished": _("Finished"),
        "stopped": _("Stopped"),
        "failed": _("Failed"),
        "interrupted": _("Interrupted"),
    }[run.status]


def progress_words(run: Run, place: int, _: Translator) -> str:
    """Where a run stands."""
    if run.status == "queued":
        return (
            _("It is the next to be trained.")
            if place <= 1
            else _("It waits for others: place {place} in the queue.").format(place=place)
        )
    if not run.iterations:
        return _("Making the dates ready …") if run.status == "running" else ""
    where = _("Epoch {epoch} of {epochs}, iteration {iteration} of {iterations}").format(
        epoch=run.epoch, epochs=run.epochs, iteration=f"{run.iteration:,}", iterations=f"{run.iterations:,}"
    )
    parts = [where, _("{time} so far").format(time=duration(run.seconds, _))]
    if run.seconds_left is not None:
        parts.append(_("about {time} left").format(time=duration(run.seconds_left, _)))
    return " · ".join(parts)


def duration(seconds: float, _: Translator) -> str:
    """A time as people say it: "8 s", "3 min", "2 h 5 min"."""
    whole = math.ceil(seconds)
    if whole < 100:
        return _("{seconds} s").format(seconds=whole)
    minutes = round(whole / 60)
    if minutes < 100:
        return _("{minutes} min").format(minutes=minutes)
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def ending_words(run: Run, _: Translator) -> str:
    """What ended a run before its time, and what to do; empty where nothing did."""
    # Reasons are core's own, in English; folders of the server are nobody's business.
    reason = run.message.replace(str(run.folder), "…")
    return {
        "": "",
        "died": _(
            "The process that trained this run has ended without a word. Only the epoch that was under way is lost: "
            "resume it to go on."
        ),
        "diverged": _(
            "The loss grew beyond all numbers. A smaller learning rate, or a shorter longest gradient, prevents that."
        ),
        "disk-full": _("The server's disk is full. Make room, then resume: what is stored is not lost."),
        "memory": _("The training took more memory than there is. A smaller hidden size or smaller batches help."),
        # What is allowed may be more or less by now.
        "minutes": runs.limit_sentence("minutes", limits().minutes or math.ceil(run.seconds / 60), _),
        "disk": runs.limit_sentence("disk", limits().disk or math.ceil(size_of(run.folder) / 2**20), _),
        "input": _("These settings or dates cannot be used: {reason}").replace("{reason}", reason),
        "error": _("The training ended with an error. The server's log says more."),
    }[run.problem]


def accuracy_words(run: Run, _: Translator) -> str:
    """The exact match of a run's best epoch."""
    return NOTHING if run.exact_match is None else percent(run.exact_match, _, 2)


def when(created: datetime, now: datetime, _: Translator) -> str:
    """How long ago a run was asked for. The server's clock and the reader's may differ; a distance in time does not."""
    minutes = int((now - created).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("{minutes} min ago").format(minutes=minutes)
    if minutes < 48 * 60:
        return _("{hours} h ago").format(hours=minutes // 60)
    return _("{days} days ago").format(days=minutes // (24 * 60))
