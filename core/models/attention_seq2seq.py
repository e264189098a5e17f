"""The attention model of chapter 8: the decoder looks at every encoder state before it writes a character.

Source: Luong et al. 2015; Deep Learning from Scratch 2, section 8.2.
"""

from __future__ import annotations

from typing import ClassVar

from core.backend.arrays import Array
from core.layers.attention import TimeAttention
from core.layers.basic import concat
from core.layers.initialiser import ParameterMaker
from core.layers.lstm import add_to_final_state, final_state
from core.layers.scores import Score, make_score
from core.models.seq2seq import Decoder, Encoder, Seq2seq, book_maker


class AttentionEncoder(Encoder):
    """Hands on every hidden state, not only the last."""

    def forward(self, xs: Array, by_prefix: bool = True) -> Array:
        """Args: as for `Encoder.forward`. Returns: hs_enc (N, T_enc, H), in the order read."""
        return self.read(xs, by_prefix)

    def _gradient_of_states(self, dencoded: Array) -> Array:
        return dencoded


class AttentionDecoder(Decoder):
    """Starts from the encoder's last state and feeds concat(context, hs_dec) to the affine layer."""

    attention_class: ClassVar[type[TimeAttention]] = TimeAttention

    def __init__(
        self,
        vocab_size: int,
        wordvec_size: int,
        hidden_size: int,
        maker: ParameterMaker | None = None,
        score: str = "dot",
        bidirectional: bool = False,
    ) -> None:
        """Args: as for `Decoder`; score: a key of `core.layers.scores.SCORES`; bidirectional: the encoder is."""
        maker = maker or book_maker()
        super().__init__(vocab_size, wordvec_size, hidden_size, maker)
        self.attention = self.attention_class(self.backend, self._make_score(score, hidden_size, maker))
        self.params += self.attention.params
        self.grads += self.attention.grads
        self.bidirectional = bidirectional
        self.hs_enc: Array = None
        self.context: Array = None

    def _make_score(self, score: str, hidden_size: int, maker: ParameterMaker) -> Score:
        return make_score(score, hidden_size, maker)

    @staticmethod
    def _affine_input_size(hidden_size: int) -> int:
        return 2 * hidden_size

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What `params` are called."""
        return (*super().parameter_names, *(f"score.{name}" for name in self.attention.score.parameter_names))

    def start(self, encoded: Array) -> None:
        """Begin a new sequence. Args: encoded: hs_enc (N, T_enc, H)."""
        super().start(final_state(encoded, self.bidirectional))
        self.hs_enc = encoded

    def select(self, rows: Array) -> None:
        """Go on with other rows of the batch, see `Decoder.select`."""
        super().select(rows)
        self.hs_enc = self.hs_enc[rows]

    def run(self, xs: Array) -> Array:
        """Go on from where the decoder stands: read the characters before, look at the source, and say what comes next.

        hs_dec = lstm(embed(xs));  context = attention(hs_enc, hs_dec);  logits = affine(concat(context, hs_dec))

        Args:
            xs: (N, T_dec) int64 ids, the character before each one that is to be written.
        Returns:
            logits: (N, T_dec, V) of the parameters' dtype. `context` (N, T_dec, H) and `attention.attention_weights`
            are then those of these steps.
        Source:
            Luong et al. 2015, section 3.1, without its tanh layer; Deep Learning from Scratch 2, section 8.2.2.
        """
        hs_dec = self.lstm.forward(self.embed.forward(xs))
        self.context = self.attention.forward(self.hs_enc, hs_dec)
        return self.affine.forward(concat(self.context, hs_dec, self.backend))

    def backward(self, dlogits: Array) -> Array:
        """Args: dlogits: (N, T_dec, V). Returns: dhs_enc (N, T_enc, H), the start state's gradient included."""
        dout = self.affine.backward(dlogits)
        H = dout.shape[2] // 2
        dhs_enc, dhs_dec = self.attention.backward(dout[:, :, :H])
        dhs_dec += dout[:, :, H:]
        self.embed.backward(self.lstm.backward(dhs_dec))
        add_to_final_state(dhs_enc, self.lstm.dh, self.bidirectional)
        return dhs_enc


class AttentionSeq2seq(Seq2seq):
    """`Seq2seq` with attention.

    After `forward` or a decoding step, `decoder.attention.attention_weights[i]` (N, T_enc) says where step i looked.
    """

    encoder_class = AttentionEncoder
    decoder_class: ClassVar[type[AttentionDecoder]] = AttentionDecoder
    has_attention = True

    def _make_decoder(self, maker: ParameterMaker, score: str) -> Decoder:
        sizes = (self.vocab_size, self.wordvec_size, self.hidden_size)
        return self.decoder_class(*sizes, maker, score, self.encoder.bidirectional)
