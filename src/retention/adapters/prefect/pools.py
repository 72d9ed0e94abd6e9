"""What each service may start, and which of them asks people: the table that the gate holds to.

A service is a work pool, or the deployer, who makes pools and deployments and runs nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PLANNER: Final = "planner"
DEPLOYER: Final = "deployer"
ASKS: Final = frozenset({PLANNER})  # the pools whose runs wait for people
DECIDED_BY: Final = ("review-", "datasets-", "next-")  # pages that people read with a question

# What may follow when a flow of this pool is done.  The planner's daily `advance` starts whatever
# nobody else may: a secret stolen from another pool is worth these starts and no more.
HANDS_ON: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        PLANNER: frozenset(
            {"survey", "reconcile", "propose", "advance", "remind", "review", "access", "dispose"}
            | {"check_gone", "certify", "deliver", "audit", "report"}
        ),
        "surveyor": frozenset(),
        "custodian": frozenset({"access", "dispose"}),  # with access withdrawn, its day may be here
        "destroyer": frozenset({"dispose", "check_gone", "access"}),
        "verifier": frozenset({"check_gone", "dispose", "certify", "access"}),  # a key goes later
        "issuer": frozenset({"certify", "deliver", "check_gone", "access"}),
        DEPLOYER: frozenset(),
    }
)


def may_start(service: str, flow: str) -> bool:
    """Tell whether *service* may start *flow*; one that stands on no list may start nothing."""
    return flow in HANDS_ON.get(service, frozenset())
