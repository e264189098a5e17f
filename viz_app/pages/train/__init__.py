"""The Train page: choose how a model learns, watch it, use it."""
