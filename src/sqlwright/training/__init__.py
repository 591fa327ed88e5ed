"""Training: whole runs from one configuration. torch is imported only when a run starts.

A run scores its model while it trains and compares it with its base at the end, by the same judge as `evaluate`:
this package therefore looks sideways to `evaluation`.
"""
