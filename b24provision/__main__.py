"""`python -m b24provision`."""

from b24provision.cli import main

main()
