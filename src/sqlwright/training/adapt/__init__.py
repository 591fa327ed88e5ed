"""A model tuned to one database, scored before and after."""
