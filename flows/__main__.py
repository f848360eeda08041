"""`python -m flows` is the same as `cpt01939`."""

from flows.cli import main

main()
