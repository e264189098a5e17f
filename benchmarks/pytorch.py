"""The same model in PyTorch, as one writes it there: `nn.Embedding`, `nn.LSTM`, `bmm`, eager execution.

PyTorch is an optional dependency of the benchmarks alone. It is given what is fastest for it on a CPU in its eager
mode: Adam with `fused=True`, inference mode for decoding, and time-major sequences, the layout that `nn.LSTM` has
by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.sizes import MAX_GRAD

Array = NDArray[Any]
Tensor: TypeAlias = "torch.Tensor"


class AttentionSeq2seq:
    """Encoder, decoder with attention by dot products, affine layer."""

    def __init__(self, params: Sequence[Array]) -> None:
        """Args: params: the ten arrays of `core`'s model, in its order; copied."""
        (V, D), H = params[0].shape, len(params[2])
        self.enc_embed, self.dec_embed = torch.nn.Embedding(V, D), torch.nn.Embedding(V, D)
        self.enc_lstm, self.dec_lstm = torch.nn.LSTM(D, H), torch.nn.LSTM(D, H)
        self.affine = torch.nn.Linear(2 * H, V)
        layers = (self.enc_embed, self.enc_lstm, self.dec_embed, self.dec_lstm, self.affine)
        self.params: list[Tensor] = [param for layer in layers for param in layer.parameters()]
        with torch.no_grad():
            for param, array in zip(self.params, as_pytorch_keeps_them(params), strict=True):
                param.copy_(torch.from_numpy(np.array(array)))

    def to(self, device: str) -> AttentionSeq2seq:
        """The same model on another device."""
        for layer in (self.enc_embed, self.enc_lstm, self.dec_embed, self.dec_lstm, self.affine):
            layer.to(device)
        return self

    def encode(self, xs: Tensor) -> tuple[Tensor, Tensor]:
        """(N, T_enc) ids -> hs_enc (N, T_enc, H), h (1, N, H)."""
        hs_enc, (h, _) = self.enc_lstm(self.enc_embed(xs.t()))
        return hs_enc.transpose(0, 1), h

    def decode(self, ids: Tensor, hs_enc: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Any]:
        """(N, T_dec) ids -> logits (N, T_dec, V), weights (N, T_dec, T_enc), the state to go on from."""
        hs, state = self.dec_lstm(self.dec_embed(ids.t()), state)
        hs_dec = hs.transpose(0, 1)
        weights = torch.softmax(torch.bmm(hs_dec, hs_enc.transpose(1, 2)), dim=2)
        context = torch.bmm(weights, hs_enc)
        return self.affine(torch.cat((context, hs_dec), dim=2)), weights, state

    def loss(self, xs: Tensor, ts: Tensor) -> Tensor:
        """xs (N, T_enc), ts (N, T_dec + 1) ids -> the mean cross entropy."""
        hs_enc, h = self.encode(xs)
        logits, _, _ = self.decode(ts[:, :-1], hs_enc, (h, torch.zeros_like(h)))
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ts[:, 1:].flatten())

    def generate(self, xs: Tensor, start_id: int, steps: int) -> tuple[Tensor, Tensor]:
        """Decode a batch greedily: xs (N, T_enc) -> (N, T_dec) ids, (N, T_dec, T_enc) weights."""
        written, looked = [], []
        with torch.inference_mode():
            hs_enc, h = self.encode(xs)
            state = (h, torch.zeros_like(h))
            ids = torch.full((len(xs), 1), start_id, device=xs.device)
            for _ in range(steps):
                logits, weights, state = self.decode(ids, hs_enc, state)
                ids = logits.argmax(dim=2)
                written.append(ids)
                looked.append(weights)
            return torch.cat(written, dim=1), torch.cat(looked, dim=1)


class Training:
    """The model with its optimizer."""

    def __init__(self, params: Sequence[Array], device: str = "cpu") -> None:
        self.model = AttentionSeq2seq(params).to(device)
        self.optimizer = torch.optim.Adam(self.model.params, lr=0.001, eps=1e-7, fused=True)

    def iterate(self, xs: Tensor, ts: Tensor) -> Tensor:
        """Forward, backward, clip, update. Returns: the loss, still on the device."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.model.loss(xs, ts)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.params, MAX_GRAD)
        self.optimizer.step()
        return loss.detach()


def as_pytorch_keeps_them(params: Sequence[Array]) -> list[Array]:
    """`core`'s ten arrays as PyTorch's twelve: transposed, gates in its order, and a second LSTM bias of zeros."""

    def lstm(Wx: Array, Wh: Array, b: Array) -> list[Array]:
        Wx, Wh, b = (_input_forget_cell_output(array) for array in (Wx, Wh, b))
        return [Wx.T, Wh.T, b, np.zeros_like(b)]

    return [params[0], *lstm(*params[1:4]), params[4], *lstm(*params[5:8]), params[8].T, params[9]]


def _input_forget_cell_output(array: Array) -> Array:
    f, g, i, o = np.split(array, 4, axis=-1)
    return np.concatenate((i, f, g, o), axis=-1)
