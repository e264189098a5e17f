# Chapter 8: where the trained model looks.
import sys

sys.path.append("..")
import matplotlib.pyplot as plt
import numpy as np
from attention_seq2seq import AttentionSeq2seq
from dataset import sequence

(x_train, t_train), (x_test, t_test) = sequence.load_data("date.txt")
char_to_id, id_to_char = sequence.get_vocab()
x_train, x_test = x_train[:, ::-1], x_test[:, ::-1]

vocab_size = len(char_to_id)
model = AttentionSeq2seq(vocab_size, 8, 16)
model.load_params()


def visualize(attention_map, row_labels, column_labels):
    fig, ax = plt.subplots()
    ax.pcolor(attention_map, cmap=plt.cm.Greys_r, vmin=0.0, vmax=1.0)
    ax.patch.set_facecolor("black")
    ax.set_yticks(np.arange(attention_map.shape[0]) + 0.5, minor=False)
    ax.set_xticks(np.arange(attention_map.shape[1]) + 0.5, minor=False)
    ax.invert_yaxis()
    ax.set_xticklabels(row_labels, minor=False)
    ax.set_yticklabels(column_labels, minor=False)
    plt.show()


np.random.seed(1984)
for _ in range(2):
    idx = [np.random.randint(0, len(x_test))]
    x = x_test[idx]
    t = t_test[idx]

    model.forward(x, t)
    d = model.decoder.attention.attention_weights
    d = np.array(d)
    attention_map = d.reshape(d.shape[0], d.shape[2])

    # Both the right way round, to be read.
    attention_map = attention_map[:, ::-1]
    x = x[:, ::-1]

    row_labels = [id_to_char[i] for i in x[0]]
    column_labels = [id_to_char[i] for i in t[0]][1:]
    visualize(attention_map, row_labels, column_labels)
    for label, weights in zip(column_labels, attention_map):
        print(label, row_labels[int(np.argmax(weights))], "%.4f" % weights.max())
