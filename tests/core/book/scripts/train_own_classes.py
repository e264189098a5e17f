# Trains the model of own_attention.py, saves it, and reads it into another one.
import sys

sys.path.append("..")
import numpy
from common.optimizer import Adam
from common.trainer import Trainer
from common.util import eval_seq2seq
from dataset import sequence
from own_attention import AttentionSeq2seq

(x_train, t_train), (x_test, t_test) = sequence.load_data("date.txt")
char_to_id, id_to_char = sequence.get_vocab()
x_train, x_test = x_train[:, ::-1], x_test[:, ::-1]

model = AttentionSeq2seq(len(char_to_id), 8, 16)
trainer = Trainer(model, Adam())
trainer.fit(x_train, t_train, max_epoch=2, batch_size=32, max_grad=5.0, eval_interval=5)
model.save_params("mine.pkl")

again = AttentionSeq2seq(len(char_to_id), 8, 16)
again.load_params("mine.pkl")
for i in range(3):
    eval_seq2seq(model, x_test[[i]], t_test[[i]], id_to_char, verbose=True, is_reverse=True)
    eval_seq2seq(again, x_test[[i]], t_test[[i]], id_to_char, verbose=True, is_reverse=True)
print("loss %.3f" % float(model.forward(x_test, t_test)))
weights = model.decoder.attention.attention_weights
print(len(weights), len(model.decoder.attention.layers), numpy.array(weights).shape)
