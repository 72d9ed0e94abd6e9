"""The tables of ``parties.toml``, ``people.toml`` and ``engine.toml``."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from retention.agreements.fields import Day, Email, Id, Ids, Span, Strict, Text
from retention.domain.agreement import Person
from retention.domain.people import Conflict, Days, Deputy


class PartyTable(Strict):
    id: Id
    name: Text
    email: Email | None = None
    to_confirm: bool


class PartiesFile(Strict):
    party: list[PartyTable]


class DeputyTable(Strict):
    """Who answers in somebody's place; days are inclusive, and what is left out is open."""

    id: Id
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    roles: Ids | None = None


Concern = Annotated[
    str, Field(pattern=r"^([a-z][a-z0-9-]{0,62}|[A-Z][A-Z0-9-]{1,30}(/[a-z][a-z0-9-]{0,62})?)$")
]


class ConflictTable(Strict):
    """Beside whom, or about what, somebody does not decide, on which days, and why."""

    with_: Concern = Field(alias="with")
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    why: Text | None = None


def _form(value: Any) -> str:
    return "table" if isinstance(value, dict) else "plain"


AnyConflict = Annotated[
    Annotated[Concern, Tag("plain")] | Annotated[ConflictTable, Tag("table")], Discriminator(_form)
]


class PersonTable(Strict):
    """No credentials: they are elsewhere, and never in version control."""

    id: Id
    name: Text
    roles: Ids
    email: Email | None = None
    deputy: Id | None = None  # on any day
    deputies: list[DeputyTable] = Field(default_factory=list)
    conflicts: list[AnyConflict] = Field(default_factory=list)

    @property
    def conflict_tables(self) -> list[ConflictTable]:
        """Every conflict as a table."""
        return [
            ConflictTable.model_validate({"with": each}) if isinstance(each, str) else each
            for each in self.conflicts
        ]

    def person(self) -> Person:
        """Return the person, as the rules know them."""
        always = [] if self.deputy is None else [Deputy(self.deputy)]
        dated = [Deputy(d.id, Days(d.from_, d.until), tuple(d.roles or ())) for d in self.deputies]
        return Person(
            self.id,
            self.name,
            tuple(self.roles),
            self.email,
            deputies=(*always, *dated),
            conflicts=tuple(
                Conflict(each.with_, Days(each.from_, each.until)) for each in self.conflict_tables
            ),
        )


class PeopleFile(Strict):
    person: list[PersonTable]


class Issuer(Strict):
    legal_name: Text
    address: Text
    registration: Text
    contact: Text


class Keeps(Strict):
    """How long we keep our own things."""

    catalogue: Span
    logs: Span
    runs: Span
    mails: Span


class EngineFile(Strict):
    certificate_prefix: Text
    demonstration: bool
    issuer: Issuer
    keeps: Keeps
