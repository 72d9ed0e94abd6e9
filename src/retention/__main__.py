"""``python -m retention`` is the ``retention`` command."""

from retention.cli.main import main

main()
