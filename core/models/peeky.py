"""The Peeky decoder of chapter 7: every step sees the encoder's last state, not only the first one.

Source: Cho et al. 2014; Deep Learning from Scratch 2, section 7.4.2.
"""

from __future__ import annotations

from core.backend.arrays import Array
from core.layers.basic import concat
from core.models.seq2seq import Decoder, Seq2seq


class PeekyDecoder(Decoder):
    """A decoder whose LSTM and affine layer both get concat(h, ...) at every step, h the encoder's last state."""

    peeked: Array = None

    @staticmethod
    def _lstm_input_size(wordvec_size: int, hidden_size: int) -> int:
        return hidden_size + wordvec_size

    @staticmethod
    def _affine_input_size(hidden_size: int) -> int:
        return 2 * hidden_size

    def start(self, encoded: Array) -> None:
        """Begin a new sequence. Args: encoded: h (N, H), the encoder's last state."""
        super().start(encoded)
        self.peeked = encoded

    def select(self, rows: Array) -> None:
        """Go on with other rows of the batch, see `Decoder.select`."""
        super().select(rows)
        self.peeked = self.peeked[rows]

    def run(self, xs: Array) -> Array:
        """Go on from where the decoder stands, with h, the encoder's last state, beside every character and state.

        hs_dec = lstm(concat(h, embed(xs)));  logits = affine(concat(h, hs_dec))

        Args:
            xs: (N, T_dec) int64 ids, the character before each one that is to be written.
        Returns:
            logits: (N, T_dec, V) of the parameters' dtype.
        Source:
            Cho et al. 2014; Deep Learning from Scratch 2, section 7.4.2.
        """
        h = self.peeked[:, None]
        hs_dec = self.lstm.forward(concat(h, self.embed.forward(xs), self.backend))
        return self.affine.forward(concat(h, hs_dec, self.backend))

    def backward(self, dlogits: Array) -> Array:
        """Args: dlogits: (N, T_dec, V). Returns: dh (N, H), from the start state and from every step's peek."""
        H = self.peeked.shape[1]
        dout = self.affine.backward(dlogits)
        dxs = self.lstm.backward(dout[:, :, H:])
        self.embed.backward(dxs[:, :, H:])
        return self.lstm.dh + dout[:, :, :H].sum(axis=1) + dxs[:, :, :H].sum(axis=1)


class PeekySeq2seq(Seq2seq):
    """`Seq2seq` with a `PeekyDecoder`."""

    decoder_class = PeekyDecoder
