"""What a visitor looks at, and what all visitors share: view, changes, models, runs, decodings."""
