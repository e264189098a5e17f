"""The Truth page: is the answer right, and does the attention say why?"""
