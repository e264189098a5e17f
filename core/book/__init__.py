"""What the scripts of *Deep Learning from Scratch 2*, chapters 7 and 8, import, made of this project's classes.

    >>> import core.book
    >>> core.book.install()
    >>> from common.layers import Softmax
    >>> Softmax.__module__
    'core.book.common.layers'

The folders `common`, `dataset`, `ch07` and `ch08` below stand where the book's stand. Their signatures, defaults and
printed lines are the book's; docs/book.md says what differs.
"""

from core.book.installing import install as install
