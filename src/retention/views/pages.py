"""The pages that the gate serves itself: one look, no script, and nothing from elsewhere.

What others wrote, keys above all, is text: escaped, with what would hide or reorder made visible.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import pendulum
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from retention.domain.calendar import LONDON
from retention.domain.canonical import Json
from retention.domain.dataset import Kind
from retention.domain.manifest import Row
from retention.domain.proposal import Item, Proposal
from retention.domain.visible import pieces
from retention.views.disposal_list import covers, due_words
from retention.views.figures import count, day, number, size
from retention.views.links import PROPOSALS, link

LOGIN: Final = "/retention/login"
LOGOUT: Final = "/retention/logout"
_TAIL: Final = 12  # letters of a checksum that are compared by eye


@dataclass(frozen=True, slots=True)
class Seen:
    """One row as it is shown."""

    number: str
    dataset: str
    copy: str
    key: tuple[tuple[bool, str], ...]
    kind: str
    version: tuple[tuple[bool, str], ...]
    size: str
    sum: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page has around it."""

    organisation: str
    demonstration: bool
    person: str = ""  # who is logged in by a form, and can log out


def style() -> str:
    """Return the one style of these pages."""
    return _file("pages.css")


@cache
def policy() -> str:
    """Return the Content-Security-Policy: our own style, forms to ourselves, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def login_page(frame: Frame, onward: str, fault: str) -> str:
    """Return the form for name and password; *onward* is where it leads, *fault* what was wrong."""
    return _render("page_login.html", frame, title="Log in", onward=onward, fault=fault)


def sentence_page(
    frame: Frame, title: str, sentences: Sequence[str], *, links: Sequence[tuple[str, str]] = (),
    refresh_s: int = 0,
) -> str:  # fmt: skip
    """Return a page that says one thing; with *refresh_s* it is asked for again by itself."""
    return _render(
        "page_sentence.html",
        frame,
        title=title,
        sentences=sentences,
        links=links,
        refresh=refresh_s,
    )


def proposals_page(
    frame: Frame, listed: Sequence[tuple[Proposal, str, datetime]], told: str, older: int
) -> str:
    """Return the list of proposals that somebody may open; *older* is where further ones begin."""
    rows = [
        {
            "href": link(proposal.digest),
            "mark": proposal.mark,
            "what": f"{proposal.action.replace('_', ' ')} "
            f"{count(len(proposal.items), 'dataset')} of {proposal.agreement}",
            "versions": number(proposal.versions),
            "size": size(proposal.size_bytes),
            "on": minute(at),
            "state": state,
        }
        for proposal, state, at in listed
    ]
    return _render(
        "page_proposals.html", frame, title="Proposals", rows=rows, told=told, older=older
    )


def full_list_page(frame: Frame, proposal: Proposal, shown: dict[str, Any]) -> str:
    """Return the page of one list; *shown* has what was found, as the gate read it."""
    digits = link(proposal.digest)
    head = {
        "what": f"{proposal.action.replace('_', ' ').capitalize()} "
        f"{count(len(proposal.items), 'dataset')} of {proposal.agreement}",
        "whole": f"{count(proposal.versions, 'object version')} of "
        f"{count(len(proposal.items), 'dataset')}",
        "size": size(proposal.size_bytes),
        "frozen": minute(datetime.fromisoformat(proposal.frozen_at)),
    }
    return _render(
        "page_full_list.html",
        frame,
        title=f"Full list {proposal.mark}",
        proposal=proposal,
        head=head,
        href=digits,
        datasets=[_dataset(n, item) for n, item in enumerate(proposal.items, start=1)],
        kinds=[each.value for each in Kind],
        **shown,
    )


def seen(number_: int, dataset: int, row: Row) -> Seen:
    """Return a row as it is shown."""
    v = row.version
    tail = v.checksum or v.etag
    return Seen(
        number(number_),
        str(dataset),
        row.copy,
        tuple(pieces(v.key)),
        v.kind.value,
        tuple(pieces(v.version_id)),
        size(v.size_bytes) if v.kind is Kind.DATA else "",
        f"\u2026{tail[-_TAIL:]}" if len(tail) > _TAIL else tail,
    )


def minute(at: datetime) -> str:
    """Return an instant to the minute, as clocks in London have it."""
    local = pendulum.instance(at).in_timezone(LONDON)
    return f"{day(local)}, {local:%H:%M}"


def _dataset(n: int, item: Item) -> dict[str, Json]:
    m = item.manifest
    return {
        "number": n,
        "id": m.dataset,
        "describes": item.describes,
        "covers": covers(item),
        "clause": item.clause,
        "days": due_words(item),
        "versions": number(m.versions),
        "size": size(m.size_bytes),
        "root": m.root.removeprefix("sha256:")[:_TAIL],
        "places": [[place.copy, place.uri] for place in m.places],
    }


def _render(template: str, frame: Frame, **data: Any) -> str:
    ours = Markup(style())  # noqa: S704  # ours, and part of this package
    paths = {"home": PROPOSALS, "logout": LOGOUT, "login": LOGIN}
    return _environment().get_template(template).render(frame=frame, style=ours, **paths, **data)


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(_file),
    )
    environment.filters["pieces"] = pieces
    return environment


def _file(name: str) -> str:
    return files("retention.views").joinpath(name).read_text(encoding="utf-8")
