"""The book's `ch07/seq2seq.py`. `np.random` draws the first parameters, in the book's order.

Shapes: N batch, T_enc source characters, T_dec decoding steps, D embedding size, H hidden size, V vocabulary size.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self, cast

import numpy as np

from core.backend.arrays import Array
from core.book.common.base_model import load_book_parameters, save_book_parameters
from core.book.session import backend
from core.layers.initialiser import BOOK, ParameterMaker
from core.models import seq2seq


class _GlobalRandom:
    """The one stream of `np.random`, which `np.random.seed` starts; the same on every device."""

    standard_normal = staticmethod(np.random.standard_normal)


_RANDOM = cast(np.random.Generator, _GlobalRandom())


def book_maker() -> ParameterMaker:
    """Draws parameters as the book does, for the device of `common.config`."""
    return ParameterMaker(BOOK, _RANDOM, np.float32, backend())


class Encoder(seq2seq.Encoder):
    """Reads a sequence and hands on its last hidden state."""

    def __init__(
        self,
        vocab_size: int,
        wordvec_size: int,
        hidden_size: int,
        maker: ParameterMaker | None = None,
        bidirectional: bool = False,
    ) -> None:
        """As in the book with three arguments."""
        super().__init__(vocab_size, wordvec_size, hidden_size, maker or book_maker(), bidirectional)

    def forward(self, xs: Array, by_prefix: bool = True) -> Array:
        """Args: xs: (N, T_enc) ids, on the host or the device. Returns: h (N, H)."""
        # A reader's own `backward` asks the LSTM, which reading by prefixes goes round.
        own = type(self).backward is not seq2seq.Encoder.backward
        return super().forward(backend().asarray(xs), by_prefix and not own)


class Decoder(seq2seq.Decoder):
    """Writes a sequence from the encoder's last hidden state."""

    def __init__(
        self, vocab_size: int, wordvec_size: int, hidden_size: int, maker: ParameterMaker | None = None
    ) -> None:
        """As in the book with three arguments."""
        super().__init__(vocab_size, wordvec_size, hidden_size, maker or book_maker())


class Seq2seq(seq2seq.Seq2seq):
    """Encoder, decoder and loss; parameters on disk as the book keeps them."""

    encoder_class: ClassVar[type[seq2seq.Encoder]] = Encoder
    decoder_class: ClassVar[type[seq2seq.Decoder]] = Decoder

    def __new__(cls, *_: object, **__: object) -> Self:
        """Knows its device even where a reader's `__init__` does not call this class's, as in the book."""
        model = super().__new__(cls)
        model.backend = backend()
        return model

    def __init__(self, vocab_size: int, wordvec_size: int, hidden_size: int) -> None:
        """Args: V, D and H."""
        super().__init__(vocab_size, wordvec_size, hidden_size, rng=_RANDOM, backend=backend())

    def forward(self, xs: Array, ts: Array) -> Array:
        """The loss. Args: xs: (N, T_enc) ids; ts: (N, T_dec + 1) ids; on the host or the device."""
        return super().forward(self.backend.asarray(xs), self.backend.asarray(ts))

    def generate(self, xs: Array, start_id: int, sample_size: int) -> list[int]:
        """Greedily decode one sequence. Args: xs: (1, T_enc) ids. Returns: `sample_size` ids, start not included."""
        return super().generate(self.backend.asarray(xs), start_id, sample_size)

    def save_params(self, file_name: str | Path | None = None) -> None:
        """As `save_book_parameters`."""
        save_book_parameters(self, file_name)

    def load_params(self, file_name: str | Path | None = None) -> None:
        """As `load_book_parameters`."""
        load_book_parameters(self, file_name)
