"""The model: dates in, attention and answers out, without a screen. `from core import load_pretrained` begins it.

    >>> from core import load_pretrained
    >>> load_pretrained("date-attention").decode(["september 27, 1994"])
    ['1994-09-27']

The names below are the public face. Each is imported when it is first asked for (PEP 562), so that `import core` and
`python -m core --help` load nothing that they do not need.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.backend.devices import DeviceError as DeviceError
    from core.backend.devices import get_backend as get_backend
    from core.data.corpus import Corpus as Corpus
    from core.data.corpus import CorpusError as CorpusError
    from core.data.source_text import SourceTextError as SourceTextError
    from core.decoding.interventions import Argmax as Argmax
    from core.decoding.interventions import ForceCharacter as ForceCharacter
    from core.decoding.interventions import Gold as Gold
    from core.decoding.interventions import InterventionError as InterventionError
    from core.decoding.interventions import Mask as Mask
    from core.decoding.interventions import MaskPadding as MaskPadding
    from core.decoding.interventions import Permute as Permute
    from core.decoding.interventions import ReplaceCharacter as ReplaceCharacter
    from core.decoding.interventions import SetWeights as SetWeights
    from core.decoding.interventions import Temperature as Temperature
    from core.decoding.interventions import Uniform as Uniform
    from core.decoding.pipeline import Pipeline as Pipeline
    from core.decoding.pretrained import available_models as available_models
    from core.decoding.pretrained import load_pretrained as load_pretrained
    from core.decoding.trace import DecodingTrace as DecodingTrace
    from core.decoding.trace_json import TraceFormatError as TraceFormatError
    from core.exhibits.film import FilmError as FilmError
    from core.exhibits.gallery import GalleryError as GalleryError
    from core.layers.attention import TimeAttention as TimeAttention
    from core.models.attention_seq2seq import AttentionSeq2seq as AttentionSeq2seq
    from core.models.parameters import CheckpointError as CheckpointError
    from core.models.peeky import PeekySeq2seq as PeekySeq2seq
    from core.models.seq2seq import Seq2seq as Seq2seq
    from core.runs.store import RunStoreError as RunStoreError
    from core.training.options import TrainingOptions as TrainingOptions
    from core.training.recipe import Recipe as Recipe
    from core.training.trainer import TrainingDivergedError as TrainingDivergedError

_HOMES = {
    "backend.devices": ("DeviceError", "get_backend"),
    "data.corpus": ("Corpus", "CorpusError"),
    "data.source_text": ("SourceTextError",),
    "decoding.interventions": (
        "Argmax",
        "ForceCharacter",
        "Gold",
        "InterventionError",
        "Mask",
        "MaskPadding",
        "Permute",
        "ReplaceCharacter",
        "SetWeights",
        "Temperature",
        "Uniform",
    ),
    "decoding.pipeline": ("Pipeline",),
    "decoding.pretrained": ("available_models", "load_pretrained"),
    "decoding.trace": ("DecodingTrace",),
    "decoding.trace_json": ("TraceFormatError",),
    "exhibits.film": ("FilmError",),
    "exhibits.gallery": ("GalleryError",),
    "layers.attention": ("TimeAttention",),
    "models.attention_seq2seq": ("AttentionSeq2seq",),
    "models.parameters": ("CheckpointError",),
    "models.peeky": ("PeekySeq2seq",),
    "models.seq2seq": ("Seq2seq",),
    "runs.store": ("RunStoreError",),
    "training.options": ("TrainingOptions",),
    "training.recipe": ("Recipe",),
    "training.trainer": ("TrainingDivergedError",),
}
_MODULE_OF = {name: f"core.{module}" for module, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name == "book":  # a room of its own, so that `import core` is enough for `core.book.install()`
        return importlib.import_module("core.book")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'core' has no attribute {name!r}; its public names are in core.__all__")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
