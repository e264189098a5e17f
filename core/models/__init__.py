"""The three models of the book, their mistaken relatives, and their parameters on disk."""
