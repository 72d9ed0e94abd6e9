"""Pages that the gate serves itself, under ``/retention``: the full lists, to logged-in people.

Prefect stores nothing of them.  Keys stand on these pages and in the CSV, nowhere else.
"""

from retention.gate.pages.app import Pages, is_ours

__all__ = ["Pages", "is_ours"]
