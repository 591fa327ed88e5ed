"""The interactive shell: a session on databases, its commands, and how lines are read."""
