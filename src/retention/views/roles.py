"""The roles of people as a sentence names them; whatever else a file names stands as it is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from retention.domain.roles import DPO, GUARDIAN, LEAD, MANAGER, OWNER, SIRO

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        MANAGER: "the records manager",
        OWNER: "the information asset owner",
        GUARDIAN: "the Caldicott Guardian",
        SIRO: "the senior information risk owner",
        DPO: "the data protection officer",
        LEAD: "the audit lead",
    }
)


def named(role: str) -> str:
    """Return a role, or the id of a person, as a sentence names it."""
    return _WORDS.get(role, role)
