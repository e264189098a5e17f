"""How a model is trained: its settings, its data, the loop, what is stored on the way, and what goes wrong."""
