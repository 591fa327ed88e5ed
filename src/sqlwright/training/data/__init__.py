"""From data sets to batches of tokens."""
