"""`python -m sqlwright`: the same as the `sqlwright` command."""

from .cli.main import main

main()
