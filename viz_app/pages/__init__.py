"""The pages: what stands on the screen, from top to bottom."""
