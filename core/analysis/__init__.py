"""What a decoding shows: where it looked, what decided it, and how often it is right."""
