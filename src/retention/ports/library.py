"""The signed agreements, and the people and parties in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from retention.domain.agreement import Agreement, Party, Person
from retention.domain.term import Term


@dataclass(frozen=True, slots=True)
class Engine:
    """Who we are on certificates, and how long we keep our own things (``engine.toml``)."""

    issuer: Mapping[str, str]  # legal_name, address, registration, contact
    certificate_prefix: str
    demonstration: bool


class Library(Protocol):
    """All versions of all agreements; what is not valid is not in it."""

    def agreements(self, on: date) -> Sequence[Agreement]:
        """Return for each reference the version that governs on the day *on*."""
        ...

    def terms(self, on: date) -> Sequence[Term]:
        """Return for each reference what its versions say together on the day *on*."""
        ...

    def agreement(self, reference: str, version: int) -> Agreement:
        """Return one version; raise AgreementError if there is none."""
        ...

    def party(self, party_id: str) -> Party:
        """Return a party; raise AgreementError if there is none."""
        ...

    def people(self) -> Sequence[Person]:
        """Return everyone who decides or records."""
        ...

    def engine(self) -> Engine:
        """Return who we are."""
        ...
