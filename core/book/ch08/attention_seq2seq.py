"""The book's `ch08/attention_seq2seq.py`."""

from __future__ import annotations

from typing import ClassVar, cast

from core.backend.arrays import Array
from core.book.ch07.seq2seq import Encoder as Encoder
from core.book.ch07.seq2seq import Seq2seq, book_maker
from core.book.ch08.attention_layer import TimeAttention
from core.book.session import backend
from core.layers.initialiser import ParameterMaker
from core.models import attention_seq2seq


class AttentionEncoder(attention_seq2seq.AttentionEncoder):
    """Hands on every hidden state."""

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
        """Args: xs: (N, T_enc) ids, on the host or the device. Returns: hs_enc (N, T_enc, H)."""
        # A reader's own `backward` asks the LSTM, which reading by prefixes goes round.
        own = type(self).backward is not attention_seq2seq.AttentionEncoder.backward
        return super().forward(backend().asarray(xs), by_prefix and not own)


class AttentionDecoder(attention_seq2seq.AttentionDecoder):
    """Feeds concat(context, hs_dec) to the affine layer."""

    attention_class = TimeAttention

    def __init__(
        self,
        vocab_size: int,
        wordvec_size: int,
        hidden_size: int,
        maker: ParameterMaker | None = None,
        score: str = "dot",
        bidirectional: bool = False,
    ) -> None:
        """As in the book with three arguments."""
        super().__init__(vocab_size, wordvec_size, hidden_size, maker or book_maker(), score, bidirectional)


class AttentionSeq2seq(Seq2seq, attention_seq2seq.AttentionSeq2seq):
    """`Seq2seq` with attention: `decoder.attention.attention_weights[i]` (N, T_enc) says where step i looked."""

    encoder_class = AttentionEncoder
    decoder_class: ClassVar[type[AttentionDecoder]] = AttentionDecoder

    @property
    def attention(self) -> TimeAttention:
        """The decoder's attention, whose weights a script draws."""
        decoder = cast(AttentionDecoder, self.decoder)
        return cast(TimeAttention, decoder.attention)
