"""Identities with passwords that cost nothing to check; and people's codes."""

import base64
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher, extract_parameters
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from retention.adapters.identities import SqlIdentities, migrate
from retention.ports.identities import Check

GOOD = "correct horse battery"  # invented
OTHER = "staple correct horse"
WRONG = "wrong horse battery!!"
AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def later(**length):
    return AT + timedelta(**length)


def knows(identities, person, password, at=AT):
    return identities.check(person, password, at) is Check.RIGHT


class CountingHasher(PasswordHasher):
    """A cheap hasher that keeps an account of what it was asked to check."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.checked = []

    def verify(self, hash, password):  # noqa: A002  # argon2's own name
        self.checked.append((extract_parameters(hash), len(password)))
        return super().verify(hash, password)


def wrong(identities, times, at=AT, person="r.manager"):
    return [identities.check(person, WRONG, at) for _ in range(times)]


def code_of(secret, at):
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    return totp.generate(int(at.timestamp())).decode()


def enrolled(identities, person="r.manager", at=AT):
    """Set up codes with one of five minutes ago, so that those of now are not spent."""
    secret = identities.begin_factor(person)
    before = at - timedelta(minutes=5)
    assert identities.confirm_factor(person, code_of(secret, before), before)
    return secret


def cheap(folder, passwords=(), *, name="identities.db"):
    """Return identities in a file of *folder*, with these people in it."""
    url = f"sqlite:///{folder}/{name}"
    migrate(url)
    identities = SqlIdentities(url, hasher=CountingHasher())
    there = {each.person for each in identities.accounts()}
    for person, password in dict(passwords).items():
        if person not in there:
            identities.add(person, password)
    return identities
