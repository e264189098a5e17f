"""How fast, and how large: `core` beside PyTorch, the book's way of writing it, and the bare matrix products."""
