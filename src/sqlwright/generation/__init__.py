"""Models: prompts in, candidate texts out."""
