"""The encoder-decoder of chapter 7: a sequence becomes one vector, the vector becomes a sequence.

`Seq2seq` is also the frame that the Peeky and the attention model fill with their own encoder and decoder.

Shapes: N batch, T_enc source characters, T_dec decoding steps, D embedding size, H hidden size, V vocabulary size.
Source: Sutskever et al. 2014; Deep Learning from Scratch 2, section 7.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend
from core.layers.basic import TimeAffine, TimeEmbedding, TimeSoftmaxWithLoss
from core.layers.fast_lstm import FastBiLSTM, FastLSTM
from core.layers.initialiser import BOOK, Initialiser, ParameterMaker
from core.layers.lstm import add_to_final_state, final_state
from core.layers.prefixes import PrefixReader, prefix_tree_worth_it
from core.models.parameters import load_parameters, save_parameters


def book_maker() -> ParameterMaker:
    """The parameters of an encoder or decoder that is built alone, as in the book."""
    return ParameterMaker(BOOK, np.random.default_rng(), np.float32, CPU)


class Encoder:
    """Reads a sequence and hands on its last hidden state.

    A bidirectional one has two LSTMs of H/2 units (Schuster and Paliwal 1997; Bahdanau et al. 2015): the first half of
    a state has read from the start up to its character, the second half from the end down to it.

    Attributes:
        hs: (N, T_enc, H), every hidden state of the last forward, in the order read.
    """

    def __init__(
        self,
        vocab_size: int,
        wordvec_size: int,
        hidden_size: int,
        maker: ParameterMaker | None = None,
        bidirectional: bool = False,
    ) -> None:
        if bidirectional and hidden_size % 2:
            raise ValueError(f"hidden_size is {hidden_size}; each direction of a bidirectional encoder gets half of it")
        maker = maker or book_maker()
        self.bidirectional = bidirectional
        self.embed = TimeEmbedding(maker.embedding(vocab_size, wordvec_size), maker.backend)
        self.lstm: FastLSTM | FastBiLSTM
        self._prefixes: PrefixReader | None = None
        if bidirectional:
            forward, backward = (maker.lstm(wordvec_size, hidden_size // 2) for _ in range(2))
            self.lstm = FastBiLSTM(*forward, *backward, stateful=False, backend=maker.backend)
        else:
            self.lstm = FastLSTM(*maker.lstm(wordvec_size, hidden_size), stateful=False, backend=maker.backend)
            self._prefixes = PrefixReader(self.embed, self.lstm)
        self.params = self.embed.params + self.lstm.params
        self.grads = self.embed.grads + self.lstm.grads
        self.hs: Array = None
        self._by_prefix = False

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What `params` are called."""
        halves = ("forward_lstm", "backward_lstm") if self.bidirectional else ("lstm",)
        return ("embed.W", *(f"{lstm}.{name}" for lstm in halves for name in ("Wx", "Wh", "b")))

    def forward(self, xs: Array, by_prefix: bool = True) -> Array:
        """Read a batch.

        Args:
            xs: (N, T_enc) ids.
            by_prefix: read every distinct beginning once, where that saves work (`core.layers.prefixes`). The results
                are the same; without it there is a gradient for every text, see `backward_to_embeddings`. A
                bidirectional encoder reads texts from both ends and never does so.
        Returns:
            h (N, H), the last hidden state; of a bidirectional encoder see `final_state`.
        """
        return final_state(self.read(xs, by_prefix), self.bidirectional)

    def read(self, xs: Array, by_prefix: bool = True) -> Array:
        """Embed every character, and let the LSTM read one after another; kept as `hs`.

        hs = lstm(embed(xs))

        Args:
            xs, by_prefix: as for `forward`.
        Returns:
            hs: (N, T_enc, H) of the parameters' dtype, the hidden state after every character, in the order read.
        Cost:
            that of `FastLSTM.forward`; of `PrefixReader.forward` where texts begin alike.
        Source:
            Sutskever et al. 2014; Deep Learning from Scratch 2, section 7.3.1.
        """
        # Where it pays, the beginnings that texts have in common are read once; the states are the same.
        tree = prefix_tree_worth_it(xs, self.lstm.backend) if self._prefixes and by_prefix else None
        self._by_prefix = tree is not None
        if self._prefixes and tree is not None:
            self.hs = self._prefixes.forward(tree)
        else:
            self.hs = self.lstm.forward(self.embed.forward(xs))
        return self.hs

    def backward(self, dencoded: Array) -> None:
        """Args: dencoded: the gradient of what `forward` returned, of its shape."""
        dhs = self._gradient_of_states(dencoded)
        if self._prefixes and self._by_prefix:
            self._prefixes.backward(dhs)
        else:
            self.embed.backward(self.lstm.backward(dhs))

    def backward_to_embeddings(self, dencoded: Array) -> Array:
        """`backward` up to the embedded characters, which have a gradient each, unlike the ids.

        Args: dencoded: as for `backward`; `forward` must have been told `by_prefix=False`.
        Returns: (N, T_enc, D), in the order read.
        """
        if self._by_prefix:
            raise RuntimeError(
                "equal beginnings were read once and have one gradient; call forward(xs, by_prefix=False)"
            )
        return self.lstm.backward(self._gradient_of_states(dencoded))

    def _gradient_of_states(self, dencoded: Array) -> Array:
        """(N, T_enc, H): only the last state was handed on, so only it has a gradient."""
        dhs = self.lstm.backend.xp.zeros_like(self.hs)
        add_to_final_state(dhs, dencoded, self.bidirectional)
        return dhs


class Decoder:
    """Writes a sequence from the encoder's last hidden state."""

    def __init__(
        self, vocab_size: int, wordvec_size: int, hidden_size: int, maker: ParameterMaker | None = None
    ) -> None:
        maker = maker or book_maker()
        self.backend = maker.backend
        self.embed = TimeEmbedding(maker.embedding(vocab_size, wordvec_size), maker.backend)
        self.lstm = FastLSTM(
            *maker.lstm(self._lstm_input_size(wordvec_size, hidden_size), hidden_size),
            stateful=True,
            backend=maker.backend,
        )
        self.affine = TimeAffine(*maker.affine(self._affine_input_size(hidden_size), vocab_size), maker.backend)
        self.params = self.embed.params + self.lstm.params + self.affine.params
        self.grads = self.embed.grads + self.lstm.grads + self.affine.grads

    @staticmethod
    def _lstm_input_size(wordvec_size: int, hidden_size: int) -> int:
        return wordvec_size

    @staticmethod
    def _affine_input_size(hidden_size: int) -> int:
        return hidden_size

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What `params` are called."""
        return ("embed.W", "lstm.Wx", "lstm.Wh", "lstm.b", "affine.W", "affine.b")

    def start(self, encoded: Array) -> None:
        """Begin a new sequence. Args: encoded: (N, H), what the encoder handed on."""
        self.lstm.set_state(encoded)
        self.lstm.hold_weights()

    def run(self, xs: Array) -> Array:
        """Go on from where the decoder stands: read the characters before, and say what comes next.

        hs_dec = lstm(embed(xs));  logits = affine(hs_dec)

        Args:
            xs: (N, T_dec) int64 ids, the character before each one that is to be written.
        Returns:
            logits: (N, T_dec, V) of the parameters' dtype.
        Source:
            Sutskever et al. 2014; Deep Learning from Scratch 2, section 7.3.2.
        """
        return self.affine.forward(self.lstm.forward(self.embed.forward(xs)))

    def forward(self, xs: Array, encoded: Array) -> Array:
        """Args: xs: (N, T_dec) ids; encoded: what the encoder handed on. Returns: logits (N, T_dec, V)."""
        self.start(encoded)
        return self.run(xs)

    def backward(self, dlogits: Array) -> Array:
        """Args: dlogits: (N, T_dec, V). Returns: the gradient of `encoded`, (N, H)."""
        dxs = self.lstm.backward(self.affine.backward(dlogits))
        self.embed.backward(dxs)
        return self.lstm.dh

    def step(self, ids: Array) -> Array:
        """Write one more character. Args: ids: (N,), the characters before it. Returns: logits (N, V).

        Afterwards `lstm.h`, `lstm.c` and, with attention, `attention.attention_weights` are those of the step.
        """
        return self.run(ids[:, None])[:, 0]

    def select(self, rows: Array) -> None:
        """Go on with other rows of the batch. Args: rows: indices (N',); a row may be taken more than once."""
        self.lstm.set_state(self.lstm.h[rows], self.lstm.c[rows])

    def generate(self, encoded: Array, start_id: int, sample_size: int) -> list[int]:
        """Greedily write `sample_size` ids for one sequence (N = 1)."""
        xp = self.backend.xp
        self.start(encoded)
        ids = xp.full(1, start_id)
        written = []
        for _ in range(sample_size):
            ids = self.step(ids).argmax(axis=-1)
            written.append(int(ids[0]))
        return written


class Seq2seq:
    """Encoder, decoder and loss.

    Attributes:
        params, grads: in the order of `parameter_names`.
        backend: which array library and device the parameters live on.
    """

    encoder_class: ClassVar[type[Encoder]] = Encoder
    decoder_class: ClassVar[type[Decoder]] = Decoder
    has_attention: ClassVar[bool] = False
    # A reader's own model may set encoder, decoder, params and grads itself, as in the book, and not call `__init__`.
    backend: Backend = CPU

    def __init__(
        self,
        vocab_size: int,
        wordvec_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator | None = None,
        initialiser: Initialiser = BOOK,
        dtype: type = np.float32,
        backend: Backend | None = None,
        score: str = "dot",
        bidirectional: bool = False,
    ) -> None:
        """Build the model with random parameters.

        Args:
            vocab_size, wordvec_size, hidden_size: V, D and H.
            rng: where the first parameters are drawn from; a fresh one if None.
            initialiser: their scales; the book's by default.
            dtype: of parameters and computation; float64 for gradient checks.
            backend: array library and device; NumPy on the CPU if None.
            score: of the attention, a key of `core.layers.scores.SCORES`; "dot" for a model without attention.
            bidirectional: the encoder reads from both ends, see `Encoder`; H must then be even.
        Raises:
            ValueError: a score for a model without attention, or an odd H for a bidirectional encoder.
        """
        if score != "dot" and not self.has_attention:
            raise ValueError(f"score is {score!r}, but {type(self).__name__} has no attention; expected 'dot'")
        self.vocab_size, self.wordvec_size, self.hidden_size = vocab_size, wordvec_size, hidden_size
        self.backend = backend or CPU
        maker = ParameterMaker(initialiser, rng or np.random.default_rng(), dtype, self.backend)
        self.encoder = self.encoder_class(vocab_size, wordvec_size, hidden_size, maker, bidirectional)
        self.decoder = self._make_decoder(maker, score)
        self.softmax = TimeSoftmaxWithLoss(backend=self.backend)
        self.params = self.encoder.params + self.decoder.params
        self.grads = self.encoder.grads + self.decoder.grads

    def _make_decoder(self, maker: ParameterMaker, score: str) -> Decoder:
        return self.decoder_class(self.vocab_size, self.wordvec_size, self.hidden_size, maker)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What `params` are called, such as "encoder.lstm.Wx"; in files they go by these names."""
        return (*_names("encoder", self.encoder), *_names("decoder", self.decoder))

    def forward(self, xs: Array, ts: Array) -> Array:
        """Teacher-forced loss: the decoder is fed ts[:, :-1] and should write ts[:, 1:].

        Args:
            xs: (N, T_enc) source ids, in the order they are read.
            ts: (N, T_dec + 1) target ids, beginning with the start character.
        Returns:
            the mean cross entropy, a scalar on the backend's device.
        Raises:
            ValueError: xs and ts are not two batches of the same N, or ts has no character to write; states both.
        """
        if xs.ndim != 2 or ts.ndim != 2 or len(xs) != len(ts) or not xs.shape[1] or ts.shape[1] < 2:
            raise ValueError(
                f"forward got xs of shape {xs.shape} and ts of shape {ts.shape}; expected (N, T_enc) and "
                "(N, T_dec + 1) with the same N, at least one source character and one after the start character"
            )
        logits = self.decoder.forward(ts[:, :-1], self.encoder.forward(xs))
        return self.softmax.forward(logits, ts[:, 1:])

    def backward(self, dout: float = 1.0) -> None:
        """Fill `grads` with the gradient of the last `forward`'s loss."""
        self.encoder.backward(self.decoder.backward(self.softmax.backward(dout)))

    def generate(self, xs: Array, start_id: int, sample_size: int) -> list[int]:
        """Greedily decode one sequence. Args: xs: (1, T_enc) ids. Returns: `sample_size` ids, start not included."""
        return self.decoder.generate(self.encoder.forward(xs), start_id, sample_size)

    def save_params(self, file: str | Path) -> None:
        """Write the parameters as safetensors, by name."""
        save_parameters(file, self)

    def load_params(self, file: str | Path) -> None:
        """Read parameters from safetensors or from a pickle of the book's `save_params`.

        Raises:
            CheckpointError: names, shapes or dtypes do not fit this model; names what differs.
        """
        load_parameters(file, self)


def _names(part: str, layers: Encoder | Decoder) -> Iterator[str]:
    """The names of an encoder's or decoder's parameters; their numbers where a reader's own class gives no names."""
    names = getattr(layers, "parameter_names", ())
    if len(names) != len(layers.params):
        names = tuple(str(number) for number in range(len(layers.params)))
    return (f"{part}.{name}" for name in names)
