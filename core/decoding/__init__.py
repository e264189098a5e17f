"""From a text to an answer, step by step: the pipeline, its trace, and the changes that can be made on the way."""
