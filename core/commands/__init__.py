"""The commands of `python -m core`, each module imported only when one of its commands is asked for.

A command NAME is a function `add_NAME(parser)`, hyphens as underscores, that gives the parser its options and what to
run.
"""
