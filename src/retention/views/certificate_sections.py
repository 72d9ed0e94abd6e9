"""The sections of a certificate, as rows of text that say how we know."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from retention.domain.canonical import Json
from retention.domain.certificate import Certificate, NoticeGiven
from retention.domain.certified import CertifiedDataset, Counts
from retention.domain.wording import Grade
from retention.views import figures
from retention.views.certificate_remains import remaining_rows, remaining_tells
from retention.views.refusals import refusal_words

Pick = Callable[[Iterable[datetime]], datetime]

ROWS_MAX = 200  # in any table: manifests are never printed, and what is cut says so
DETAILS_MAX = 60  # datasets described one by one

_FATES = (
    ("destroyed", "destroyed", "observed"),
    ("absent_before", "absent before", "left"),
    ("held_back", "held back", "left"),
    ("refused", "refused", "left"),
    ("failed", "failed", "left"),
)


def sections(certificate: Certificate) -> list[Json]:
    """Return what stands before the panel on verifying."""
    parts = (
        _what(certificate),
        _not_destroyed(certificate),
        _remains(certificate),
        _how_we_know(certificate),
        _not_covered(certificate),
        _authority(certificate),
        _people(certificate),
        _when(certificate),
    )
    return [part for part in parts if part is not None]


def annexes(certificate: Certificate) -> list[Json]:
    """Return the datasets one by one: why each could go, and what became of it."""
    rows = certificate.what.datasets
    shown: list[Json] = [
        {"describes": each.describes, "id": each.id, "pairs": _details(each)}
        for each in rows[:DETAILS_MAX]
    ]
    parts: list[Json] = [{"datasets": shown}]
    parts += _cut(len(rows), DETAILS_MAX, "datasets")
    return [{"parts": parts, "title": "Annex: dataset by dataset"}]


def _table(names: Sequence[str], widths: str, rows: Sequence[Json], what: str) -> list[Json]:
    """Return a table of at most ROWS_MAX rows, and a sentence if there were more.

    A name that begins with ``>`` heads a column of numbers.
    """
    labels: list[Json] = [
        {"head": name[1:]} if name.startswith(">") else {"label": name} for name in names
    ]
    columns: list[Json] = [*widths.split()]
    table: Json = {"names": labels, "rows": [*rows[:ROWS_MAX]], "widths": columns}
    return [table, *_cut(len(rows), ROWS_MAX, what)]


def _cut(found: int, most: int, what: str) -> list[Json]:
    if found <= most:
        return []
    return [
        {
            "note": f"This is not the whole list: {most} of {figures.number(found)} {what} are "
            "shown. All of them are in the attached statement."
        }
    ]


def _what(certificate: Certificate) -> Json:
    rows: list[Json] = [
        [
            {"main": each.describes, "mono": each.id},
            each.authority.clause,
            {"right": figures.number(each.versions)},
            {"right": figures.size(each.size_bytes)},
            _outcome(each),
        ]
        for each in certificate.what.datasets
    ]
    counts = certificate.counts
    total: list[Json] = [{"grade": "", "number": figures.number(counts.planned), "says": "planned"}]
    for name, says, grade in _FATES:
        value = getattr(counts, name)
        tone = grade if value else ""
        total.append({"grade": tone, "number": figures.number(value), "says": says})
    names = ("Dataset", "Clause", ">Versions", ">Size", "Destroyed on")
    note = (
        "Versions are object versions, delete markers and unfinished uploads, counted over every "
        "copy that was listed. The numbers reconcile, and none is unknown:"
    )
    parts = _table(names, "rest auto auto auto auto", rows, "datasets")
    return {"parts": [*parts, {"note": note}, {"sum": total}], "title": "What was destroyed"}


def _outcome(each: CertifiedDataset) -> Json:
    on = each.how.destroyed_on
    if each.verification.left:
        return {"chip": "left", "says": "in part"}
    if on is None or not each.verification.destroyed:
        return {"chip": "not covered", "says": "nothing was there"}
    return figures.day(on)


def _not_destroyed(certificate: Certificate) -> Json | None:
    rows: list[Json] = [
        [
            {"mono": each.id},
            *({"right": figures.number(getattr(each.verification, n))} for n, _, _ in _FATES[1:]),
            {"right": figures.number(each.verification.arrivals)},
        ]
        for each in certificate.what.datasets
        if each.verification.planned != each.verification.destroyed or each.verification.arrivals
    ]
    left_out = certificate.not_destroyed.left_out
    if not rows and not left_out:
        return None
    parts: list[Json] = []
    if rows:
        names = ("Dataset", ">Absent before", ">Held back", ">Refused", ">Failed", ">Came later")
        parts += _table(names, "rest auto auto auto auto auto", rows, "datasets")
        parts.append({"note": _exceptions(certificate.counts)})
        parts += _refused(certificate)
    if left_out:
        ids: list[Json] = [[{"mono": each}] for each in left_out]
        parts += _table(("Left out by the approvers, and kept",), "rest", ids, "datasets")
    return {"parts": parts, "title": "What was not destroyed"}


def _refused(certificate: Certificate) -> list[Json]:
    """Return what keeps the versions that were refused, and from when they could go."""
    rows: list[Json] = [
        [{"mono": each.id}, refusal_words(refusal)]
        for each in certificate.what.datasets
        for refusal in each.refusals
    ]
    names = ("Dataset", "What is refused, by which lock, and until when")
    return _table(names, "auto rest", rows, "refusals") if rows else []


def _exceptions(counts: Counts) -> str:
    says = {
        "absent_before": "Absent before: listed when the manifest was frozen, and gone before we "
        "began; an incident is open.",
        "held_back": "Held back: not ordered.",
        "refused": "Refused: the store said no, because of a lock or a permission; no lock was "
        "bypassed or shortened, and what keeps each version is told below.",
        "failed": "Failed: ordered, and still there.",
        "arrivals": "Came later: arrived after the manifest was frozen, was left alone, and is "
        "not covered by this certificate.",
    }
    told = [sentence for name, sentence in says.items() if getattr(counts, name)]
    if counts.left:
        told.append("Whatever is still there goes back to review, and needs a new approval.")
    return " ".join(told)


def _remains(certificate: Certificate) -> Json:
    rows = remaining_rows(certificate)
    parts: list[Json] = []
    if not any(each.residual for each in certificate.what.datasets):
        parts.append({"note": "The agreement names no other copy of these datasets."})
    names = ("Copy", "Kind", "Checked by", "What becomes of it, and how we know")
    parts += _table(names, "rest auto auto auto", rows, "copies")
    parts += remaining_tells(certificate)
    return {"parts": parts, "title": "What remains, and until when"}


def _how_we_know(certificate: Certificate) -> Json:
    counts, how, seen = certificate.counts, certificate.how, certificate.verification
    check = certificate.authority.hold_check
    events = sorted({each.authority.trigger_by for each in certificate.what.datasets})
    there = figures.number(counts.planned - counts.absent_before)
    before = (
        f"Before the first order every place was listed: {there} of "
        f"{figures.number(counts.planned)} versions were there."
    )
    others = f", whose credentials are not those of {how.performer}," if how.performer else ""
    after = (
        f"Afterwards {seen.verifier}{others} looked. "
        f"{seen.method} Of the {figures.number(counts.destroyed)} counted as destroyed none was "
        "there."
    )
    holds = (
        f"The hold register was read {figures.utc(check.at)}: "
        f"{figures.count(check.holds, 'hold')} stood, and none matched these datasets."
    )
    clocks = (
        "That the events which started the clocks happened, and when: recorded by "
        f"{figures.listed(events)}; the evidence is named in the annex."
    )
    tool = f"Tool: {how.tool} {how.tool_version}."
    observed = (before, how.technique, after, holds, tool)
    graded = [(says, Grade.OBSERVED) for says in observed]
    graded.append((clocks, Grade.ATTESTED))
    graded += [(says, Grade.RELIED_ON) for says in seen.relied_on]
    rows: list[Json] = [[says, {"chip": g.value, "says": g.value}] for says, g in graded]
    parts = _table(("What we say", "How we know"), "rest auto", rows, "claims")
    return {"parts": parts, "title": "How we know"}


def _not_covered(certificate: Certificate) -> Json:
    chip: Json = {"chip": Grade.NOT_COVERED.value, "says": Grade.NOT_COVERED.value}
    rows: list[Json] = [[says, chip] for says in certificate.not_destroyed.not_covered]
    parts = _table(("This certificate says nothing about", ""), "rest auto", rows, "lines")
    return {"parts": parts, "title": "What is not covered"}


def _authority(certificate: Certificate) -> Json:
    authority, identity = certificate.authority, certificate.identity
    named = {each.id: each.name for each in identity.recipients}
    issuer = identity.issuer
    pairs: list[Json] = [
        ["Agreement", f"{authority.agreement}, version {authority.version}: {authority.title}"],
        ["Agreement file", {"mono": authority.agreement_digest}],
        ["Mandate", authority.mandate or "none: we are the controller"],
        ["We are", f"{identity.our_role}: {issuer.legal_name}, {issuer.address}"],
        ["Registration, contact", f"{issuer.registration}, {issuer.contact}"],
        ["Action agreed", authority.action],
    ]
    parts: list[Json] = [{"pairs": pairs}]
    if authority.notices:
        rows: list[Json] = [
            [
                named.get(each.controller, each.controller),
                _accepted(each),
                each.said or "no answer",
            ]
            for each in authority.notices
        ]
        parts += _table(
            ("Notice given to", "Accepted", "Answer"), "rest auto auto", rows, "notices"
        )
        words = [f"{each.controller}: {each.word}." for each in authority.notices if each.word]
        parts += [{"note": says} for says in words[:ROWS_MAX]]
    return {"parts": parts, "title": "On whose authority"}


def _accepted(notice: NoticeGiven) -> Json:
    """Return when a mail server took it; the word of a person is graded as such."""
    if notice.is_attested:
        return {"chip": Grade.ATTESTED.value, "says": Grade.ATTESTED.value}
    return figures.utc(notice.accepted_at)


def _people(certificate: Certificate) -> Json:
    rows: list[Json] = [
        [
            each.step.replace("-", " "),
            {"main": each.name, "mono": each.person},
            each.decision,
            figures.utc(each.decided_at),
            {"mono": figures.halves(each.evidence)},
        ]
        for each in certificate.people.approvals
    ]
    names = ("Step", "Person", "Decision", "When", "Signed record, SHA-256")
    parts = _table(names, "auto rest auto auto auto", rows, "decisions")
    proof: Json = {"callout": certificate.people.identity_proof}
    return {"parts": [*parts, proof], "title": "Who decided"}


def _when(certificate: Certificate) -> Json:
    stories = [each.how for each in certificate.what.datasets]
    told: list[tuple[datetime, str]] = [
        (min(each.frozen_at for each in stories), "Manifests frozen"),
        (min(each.listed_at for each in stories), "First listing before destruction"),
        (max(each.verified_at for each in stories), "Last listing by the verifier"),
        (certificate.identity.issued_at, "This document issued"),
    ]
    told += [
        (
            n.accepted_at,
            f"{'Receipt attested' if n.is_attested else 'Notice accepted'} for {n.controller}",
        )
        for n in certificate.authority.notices
    ]
    told += [
        (a.decided_at, f"Decision: {a.step.replace('-', ' ')}")
        for a in certificate.people.approvals
    ]
    told += _edge(min, (each.first_intent_at for each in stories), "First order")
    told += _edge(max, (each.last_outcome_at for each in stories), "Last version destroyed")
    rows: list[Json] = [[figures.utc(at), figures.london(at), says] for at, says in sorted(told)]
    parts = _table(
        ("Instant", "Day in London", "What happened"), "auto auto rest", rows, "instants"
    )
    return {"parts": parts, "title": "When it happened"}


def _edge(pick: Pick, instants: Iterable[datetime | None], says: str) -> list[tuple[datetime, str]]:
    known = [at for at in instants if at is not None]
    return [(pick(known), says)] if known else []


def _details(each: CertifiedDataset) -> list[Json]:
    why, story = each.authority, each.how
    special = ", special category" if each.special_category else ""
    within = f" ({why.destroy_by_covers} copies)" if why.destroy_by_covers == "live" else ""
    due = "" if why.due_on is None else f"due from {figures.day(why.due_on)}"
    by = "" if why.destroy_by is None else f"to be gone by {figures.day(why.destroy_by)}{within}"
    held = (
        f"{figures.count(each.versions, 'version')}, of which "
        f"{figures.count(each.markers, 'delete marker')} and "
        f"{figures.count(each.uploads, 'unfinished upload')}; "
        f"{figures.number(each.size_bytes)} bytes; {each.identifiability}{special}"
    )
    started = f"{why.trigger} on {figures.day(why.trigger_on)}, recorded by {why.trigger_by}"
    places = "\n".join(f"{p.copy}  {p.place}" for p in each.where)
    instants = [
        ("frozen", story.frozen_at),
        ("listed", story.listed_at),
        ("first order", story.first_intent_at),
        ("last success", story.last_outcome_at),
        ("seen by the verifier", story.verified_at),
    ]
    pairs: list[Json] = [
        ["Held", held],
        ["Controllers", ", ".join(each.controllers)],
        ["Clause, clock", f"{why.clause}; " + ", ".join(part for part in (due, by) if part)],
        ["Started by", {"main": started, "mono": why.trigger_evidence}],
        ["Working", "; ".join(why.working)],
        ["Places listed", {"mono": places}],
        ["Manifest root", {"mono": each.manifest_root}],
        ["Outcome", _fates(each.verification)],
        ["Instants", "; ".join(f"{n} {figures.utc(at)}" for n, at in instants if at is not None)],
    ]
    return pairs


def _fates(counts: Counts) -> str:
    told = [
        f"{figures.number(getattr(counts, name))} {says}"
        for name, says, _ in _FATES
        if getattr(counts, name)
    ]
    return f"{figures.number(counts.planned)} planned: " + ", ".join(told)
