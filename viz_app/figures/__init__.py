"""Pictures of a decoding, a training or plain numbers, for a page and a notebook alike; no screen needed."""
