"""Training: whole runs from one configuration. torch is imported only when a run starts."""
