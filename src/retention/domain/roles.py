"""Who may record what: a table, with the reason of each row.

The events that an agreement declares say themselves who may record them; the rest stands here.
Source: NHS Records Management Code of Practice (2021, updated 2023), s. 5.3; UK GDPR, article
38(6): a data protection officer assesses, and decides no disposal.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from retention.domain.agreement import Person
from retention.errors import NotAuthorisedError

MANAGER: Final = "records-manager"
OWNER: Final = "information-asset-owner"
GUARDIAN: Final = "caldicott-guardian"
SIRO: Final = "siro"
DPO: Final = "dpo"
LEAD: Final = "audit-lead"
ANYONE: Final = ("*",)  # everybody in people.toml, whatever their roles


class Act(StrEnum):
    """What people do that leaves an entry."""

    RECORD_END = "record the end of an agreement or of its support"
    RECORD_USE = "record that a dataset is back in use, or no longer"
    PLACE_HOLD = "place a hold"
    CONFIRM_HOLD = "record that a controller confirms a hold"
    ASK_RELEASE = "ask for the release of a hold"
    RELEASE_HOLD = "confirm the release of a hold"
    RECORD_ANSWER = "record that a controller got a notice or certificate, or what it answered"
    RECORD_INSTRUCTION = "record the instruction of a party"
    CLOSE_INCIDENT = "close an incident"
    ATTEST_COPY = "attest that a residual copy is gone"
    HALT = "stop a disposal, or withdraw an approval"


@dataclass(frozen=True, slots=True)
class Right:
    """Who may: anybody with one of these roles; and why these."""

    roles: tuple[str, ...]
    why: str


MAY: Mapping[Act, Right] = MappingProxyType(
    {
        Act.RECORD_END: Right(
            (MANAGER,), "periods begin with it, and a renewal may merely not have been loaded"
        ),
        Act.RECORD_USE: Right(
            (MANAGER, OWNER), "who answers for the data knows its use, who keeps the schedule why"
        ),
        Act.PLACE_HOLD: Right(ANYONE, "stopping is safe, and waits for nobody in particular"),
        Act.CONFIRM_HOLD: Right(
            (MANAGER, OWNER), "it takes over-retention off us, on a controller's letter"
        ),
        Act.ASK_RELEASE: Right(
            (MANAGER, OWNER, GUARDIAN, SIRO, DPO), "whoever looks after the matter sees it end"
        ),
        Act.RELEASE_HOLD: Right(
            (MANAGER, OWNER, GUARDIAN, SIRO), "it lets disposals go on: the DPO decides none"
        ),
        Act.RECORD_ANSWER: Right(
            (MANAGER, OWNER), "it is a controller's word, and a yes opens the way to review"
        ),
        Act.RECORD_INSTRUCTION: Right(
            (MANAGER, OWNER), "it moves dates: who keeps the schedule or answers for the data"
        ),
        Act.HALT: Right(
            (MANAGER, OWNER, GUARDIAN, SIRO, DPO), "whoever answers for the data may say: not now"
        ),
        Act.CLOSE_INCIDENT: Right((DPO,), "whether it was a breach is the DPO's to assess"),
        Act.ATTEST_COPY: Right(
            (MANAGER, OWNER, GUARDIAN, SIRO, LEAD),
            "whoever looks after the data knows; but nobody who approved that disposal",
        ),
    }
)
RELEASE_NEEDS: Final = MANAGER  # one of the two who release a hold has this role


def may(act: Act, roles: Collection[str]) -> bool:
    """Tell whether somebody with these *roles* may do *act*."""
    allowed = MAY[act].roles
    return allowed == ANYONE or not set(allowed).isdisjoint(roles)


def require(act: Act, person: Person) -> None:
    """Raise NotAuthorisedError unless *person* may do *act*."""
    if not may(act, person.roles):
        right = MAY[act]
        raise NotAuthorisedError(
            f"{person.id} may not {act.value}",
            hint=f"it takes one of: {', '.join(right.roles)} ({right.why})",
        )
