"""A question to an Answer."""
