"""The Step page: one decoding, step by step, changed, compared and searched."""
