"""The Bugs page: a gallery of mistakes, and a quiz on them."""
