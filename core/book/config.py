"""The book's `common.config`: set `GPU` before a model is made, and it is made on the GPU."""

GPU = False
