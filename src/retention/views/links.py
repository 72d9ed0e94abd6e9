"""Where a person finds what a mail, a page or an artifact speaks of.

Paths on the gate, which serves the forms and the full lists alike; whoever writes to people puts
the address of the gate before them.  Only a proposal's digest or the id of a run stands in them.
"""

import re
from typing import Final
from urllib.parse import quote

PROPOSALS: Final = "/retention/proposals"
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def link(proposal_digest: str) -> str:
    """Return where the full list of a proposal stands, for those who may open it.

    Raises ValueError for what is no digest.
    """
    return f"{PROPOSALS}/{hex_of(proposal_digest)}"


def run_link(run_id: str) -> str:
    """Return where a run stands: its form, its artifacts, and what became of it."""
    return f"/v2/runs/flow-run/{quote(run_id, safe='')}"


def deployment_link(deployment_id: str) -> str:
    """Return where a deployment stands, with the button that starts it."""
    return f"/v2/deployments/deployment/{quote(deployment_id, safe='')}"


def hex_of(digest: str) -> str:
    """Return the 64 digits of a digest, with or without its ``sha256:``; ValueError if none."""
    found = _HEX.fullmatch(digest)
    if found is None:
        raise ValueError("a proposal is named by its digest")
    return found[1]
