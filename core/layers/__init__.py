"""The layers: each with its forward, its backward, and the same for all time steps at once."""
