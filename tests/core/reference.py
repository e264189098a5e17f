"""The equations, written out: one sample, one step, one unit at a time, in float64.

Slow and plain on purpose. Nothing here calls `core`, so that an error there cannot hide here.
"""

import math

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z))


def softmax(scores):
    """exp(s_j) / sum_k exp(s_k) of a list of numbers."""
    exponentials = [math.exp(s - max(scores)) for s in scores]
    return [e / sum(exponentials) for e in exponentials]


def lstm_step(x, h, c, Wx, Wh, b):
    """x (D,), h (H,), c (H,) -> next h (H,), next c (H,); gate columns in the order f, g, i, o."""
    D, H = len(x), len(h)
    h_next, c_next = np.empty(H), np.empty(H)

    def gate(k, j):
        column = k * H + j
        from_x = sum(x[d] * Wx[d, column] for d in range(D))
        from_h = sum(h[m] * Wh[m, column] for m in range(H))
        return from_x + from_h + b[column]

    for j in range(H):
        f = sigmoid(gate(0, j))
        g = math.tanh(gate(1, j))
        i = sigmoid(gate(2, j))
        o = sigmoid(gate(3, j))
        c_next[j] = f * c[j] + g * i
        h_next[j] = o * math.tanh(c_next[j])
    return h_next, c_next


def lstm(xs, h, c, Wx, Wh, b):
    """xs (N, T, D), h and c (N, H) -> hs (N, T, H), cs (N, T, H)."""
    N, T, _ = xs.shape
    H = len(Wh)
    hs, cs = np.empty((N, T, H)), np.empty((N, T, H))
    for n in range(N):
        h_n, c_n = np.array(h[n], dtype=np.float64), np.array(c[n], dtype=np.float64)
        for t in range(T):
            h_n, c_n = lstm_step(xs[n, t], h_n, c_n, Wx, Wh, b)
            hs[n, t], cs[n, t] = h_n, c_n
    return hs, cs


def bidirectional(xs, params):
    """xs (N, T, D), params Wx, Wh, b of the forward LSTM and of the backward one -> hs (N, T, 2H)."""
    zeros = np.zeros((len(xs), len(params[1])))
    forward = lstm(xs, zeros, zeros, *params[:3])[0]
    backward = lstm(xs[:, ::-1], zeros, zeros, *params[3:])[0][:, ::-1]
    return np.concatenate([forward, backward], axis=2)


def final_state(hs_enc, is_bidirectional):
    """hs_enc (N, T_enc, H) -> (N, H): of each half of a bidirectional encoder the state that was computed last."""
    half = hs_enc.shape[2] // 2
    if is_bidirectional:
        return np.concatenate([hs_enc[:, -1, :half], hs_enc[:, 0, half:]], axis=1)
    return hs_enc[:, -1]


def score_of(s, h, score, params):
    """The score of a decoder state s (H,) and an encoder state h (H,), a number."""
    H = len(s)
    if score == "dot":
        return sum(s[k] * h[k] for k in range(H))
    if score == "scaled-dot":
        return sum(s[k] * h[k] for k in range(H)) / math.sqrt(H)
    if score == "general":
        (W,) = params
        return sum(s[m] * W[m, k] * h[k] for m in range(H) for k in range(H))
    W_dec, W_enc, v = params
    units = [
        math.tanh(sum(s[m] * W_dec[m, k] for m in range(H)) + sum(h[m] * W_enc[m, k] for m in range(H)))
        for k in range(H)
    ]
    return sum(v[k] * units[k] for k in range(H))


def attention(hs_enc, hs_dec, score="dot", params=()):
    """hs_enc (N, T_enc, H), hs_dec (N, T_dec, H) -> context (N, T_dec, H), weights, scores (N, T_dec, T_enc)."""
    N, T_enc, H = hs_enc.shape
    T_dec = hs_dec.shape[1]
    scores, weights, context = np.zeros((N, T_dec, T_enc)), np.zeros((N, T_dec, T_enc)), np.zeros((N, T_dec, H))
    for n in range(N):
        for i in range(T_dec):
            for j in range(T_enc):
                scores[n, i, j] = score_of(hs_dec[n, i], hs_enc[n, j], score, params)
            weights[n, i] = softmax(list(scores[n, i]))
            for j in range(T_enc):
                context[n, i] += weights[n, i, j] * hs_enc[n, j]
    return context, weights, scores


def cross_entropy(logits, ts, ignore_label=-1):
    """logits (N, T, V), ts (N, T) -> mean of -log softmax(logits)[t] over the entries that are not ignored."""
    losses = []
    for n in range(ts.shape[0]):
        for t in range(ts.shape[1]):
            if ts[n, t] != ignore_label:
                losses.append(-math.log(softmax(list(logits[n, t]))[ts[n, t]]))
    return sum(losses) / len(losses)


def embed(W, ids):
    """W (V, D), ids (N, T) -> (N, T, D)."""
    return np.array([[W[i] for i in row] for row in ids], dtype=np.float64)


def affine(xs, W, b):
    """xs (N, T, F) -> (N, T, V)."""
    return np.array([[x @ W + b for x in row] for row in xs])


class Model:
    """A seq2seq model as the book describes it. `kind` is "plain", "peeky" or "attention"; params in the book's order.

    order: encoder embed W, lstm Wx, Wh, b (of a bidirectional one twice); decoder embed W, lstm Wx, Wh, b; affine W, b;
    those of the score function
    """

    def __init__(self, kind, params, score="dot", is_bidirectional=False):
        params = [np.asarray(p, dtype=np.float64) for p in params]
        self.kind, self.score, self.is_bidirectional = kind, score, is_bidirectional
        encoder, params = params[: 7 if is_bidirectional else 4], params[7 if is_bidirectional else 4 :]
        self.enc_embed, self.enc_lstm = encoder[0], encoder[1:]
        self.dec_embed, self.dec_lstm = params[0], params[1:4]
        self.affine_W, self.affine_b, *self.score_params = params[4:]

    def encode(self, xs):
        """ids (N, T_enc) -> hs_enc (N, T_enc, H)."""
        embedded = embed(self.enc_embed, xs)
        if self.is_bidirectional:
            return bidirectional(embedded, self.enc_lstm)
        zeros = np.zeros((len(xs), len(self.enc_lstm[1])))
        return lstm(embedded, zeros, zeros, *self.enc_lstm)[0]

    def first_state(self, hs_enc):
        """hs_enc (N, T_enc, H) -> (N, H), the state that the decoder starts from."""
        return final_state(hs_enc, self.is_bidirectional)

    def decode(self, ids, hs_enc, h, c):
        """ids (N, T_dec), states (N, H) -> logits (N, T_dec, V), hs_dec, cs_dec, weights (None without attention)."""
        last = np.repeat(self.first_state(hs_enc)[:, None], ids.shape[1], axis=1)
        inputs = embed(self.dec_embed, ids)
        if self.kind == "peeky":
            inputs = np.concatenate([last, inputs], axis=2)
        hs, cs = lstm(inputs, h, c, *self.dec_lstm)
        weights, features = None, hs
        if self.kind == "peeky":
            features = np.concatenate([last, hs], axis=2)
        if self.kind == "attention":
            context, weights, _ = attention(hs_enc, hs, self.score, self.score_params)
            features = np.concatenate([context, hs], axis=2)
        return affine(features, self.affine_W, self.affine_b), hs, cs, weights

    def loss(self, xs, ts):
        """Teacher forcing: the decoder reads ts[:, :-1] and is to write ts[:, 1:]."""
        hs_enc = self.encode(xs)
        first = self.first_state(hs_enc)
        logits = self.decode(ts[:, :-1], hs_enc, first, np.zeros_like(first))[0]
        return cross_entropy(logits, ts[:, 1:])

    def generate(self, xs, start_id, sample_size):
        """Greedy decoding of one source (1, T_enc) -> ids, weights ((T_dec, T_enc) or None)."""
        hs_enc = self.encode(xs)
        h = self.first_state(hs_enc)
        c = np.zeros_like(h)
        ids, rows, last = [], [], start_id
        for _ in range(sample_size):
            logits, hs, cs, weights = self.decode(np.array([[last]]), hs_enc, h, c)
            h, c = hs[:, -1], cs[:, -1]
            last = max(range(logits.shape[2]), key=lambda k: logits[0, 0, k])
            ids.append(last)
            if weights is not None:
                rows.append(weights[0, 0])
        return ids, np.array(rows) if rows else None
