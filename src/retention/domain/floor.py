"""When a store looks too empty to be believed: an outage reads like a destruction.

Source: design.md, rules 9 and 16; users of other engines lost catalogues to a mount that was gone.
"""

from typing import Final

PERCENT: Final = 10  # of what should be there; less than that is not believed


def looks_empty(seen: int, expected: int) -> bool:
    """Tell whether *seen* rows are next to nothing of the *expected* ones."""
    return expected > 0 and seen * 100 < expected * PERCENT
