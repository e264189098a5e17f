# The exercise of section 8.1: attention by hand, with N=3, T=5, H=4.
import sys

sys.path.append("..")
import numpy as np
from ch08.attention_layer import Attention, AttentionWeight, TimeAttention, WeightSum
from common.layers import Softmax

np.set_printoptions(precision=4, suppress=True)
np.random.seed(0)
N, T, H = 3, 5, 4

hs = np.random.randn(T, H)
a = np.array([0.8, 0.1, 0.03, 0.05, 0.02])
ar = a.reshape(5, 1).repeat(4, axis=1)
print(ar)
t = hs * ar
print(t.shape)
c = np.sum(t, axis=0)
print(c)

hs = np.random.randn(N, T, H)
h = np.random.randn(N, H)
hr = h.reshape(N, 1, H).repeat(T, axis=1)
t = hs * hr
s = np.sum(t, axis=2)
print(s)
softmax = Softmax()
a = softmax.forward(s)
print(a)
print(softmax.backward(np.ones((N, T)) * np.arange(T)))

print(np.allclose(AttentionWeight().forward(hs, h), a))
print(WeightSum().forward(hs, a))
attention = Attention()
print(attention.forward(hs, h))
print(attention.attention_weight)
for gradient in attention.backward(np.ones((N, H))):
    print(gradient)

hs_dec = np.random.randn(N, 2, H)
time_attention = TimeAttention()
print(time_attention.forward(hs, hs_dec))
for weights in time_attention.attention_weights:
    print(weights)
print(np.array(time_attention.attention_weights).shape)
print(time_attention.attention_weights[0].shape, len(time_attention.layers))
print(time_attention.layers[1].attention_weight)
maps = [w[0] for w in time_attention.attention_weights]
maps.append(time_attention.attention_weights[-1][0])
print(np.array(maps))
print(np.append(np.zeros(3), time_attention.attention_weights).shape)
for gradient in time_attention.backward(np.ones((N, 2, H))):
    print(gradient)
