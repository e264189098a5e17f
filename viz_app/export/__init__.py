"""A decoding as files that a person can take along."""
