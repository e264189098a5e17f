"""The layer lab: one layer of attention on numbers that a person types."""
