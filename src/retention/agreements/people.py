"""The tables of ``parties.toml``, ``people.toml`` and ``engine.toml``."""

from pydantic import Field

from retention.agreements.fields import Email, Id, Ids, Span, Strict, Text


class PartyTable(Strict):
    id: Id
    name: Text
    email: Email | None = None
    to_confirm: bool


class PartiesFile(Strict):
    party: list[PartyTable]


class PersonTable(Strict):
    """No credentials: they are elsewhere, and never in version control."""

    id: Id
    name: Text
    roles: Ids
    email: Email | None = None
    deputy: Id | None = None
    conflicts: list[Id] = Field(default_factory=list)


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
