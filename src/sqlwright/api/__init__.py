"""The verbs that `import sqlwright` offers: each takes paths or open objects and calls one function below.

Nothing is imported here: `sqlwright.__getattr__` imports the module of a verb when it is first used.
"""
