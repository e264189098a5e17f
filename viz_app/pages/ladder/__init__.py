"""The Ladder page: the models next to each other, from the simplest to attention."""
