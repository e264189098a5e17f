"""The book's `ch07/peeky_seq2seq.py`."""

from __future__ import annotations

from core.book.ch07.seq2seq import Encoder as Encoder
from core.book.ch07.seq2seq import Seq2seq, book_maker
from core.layers.initialiser import ParameterMaker
from core.models import peeky


class PeekyDecoder(peeky.PeekyDecoder):
    """A decoder that sees the encoder's last state at every step."""

    def __init__(
        self, vocab_size: int, wordvec_size: int, hidden_size: int, maker: ParameterMaker | None = None
    ) -> None:
        """As in the book with three arguments."""
        super().__init__(vocab_size, wordvec_size, hidden_size, maker or book_maker())


class PeekySeq2seq(Seq2seq, peeky.PeekySeq2seq):
    """`Seq2seq` with a `PeekyDecoder`."""

    decoder_class = PeekyDecoder
