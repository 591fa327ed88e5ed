"""Questions in the words of people at work, with their queries: the constructs that Spider does not have."""
