"""What remains, and until when: each copy with its one fate, and what we keep ourselves.

Source: ICO guidance on deleting personal data (2014): what is put beyond use says so, and why.
"""

from collections.abc import Iterator

from retention.domain.beyond_use import TESTS
from retention.domain.canonical import Json
from retention.domain.certificate import Certificate
from retention.domain.certified import Attestation, CertifiedDataset, KeyEnd, ResidualCopy
from retention.domain.erasure import WORDS, Doubt
from retention.domain.key import region_of
from retention.domain.wording import Grade
from retention.views import figures

ENDING = 12  # letters by which a key is told in the table; its whole name stands below
TELLS_MAX = 30  # sentences below the table: alike copies share one


def remaining_rows(certificate: Certificate) -> list[Json]:
    """Return a row for each residual copy, and the last one for the manifests."""
    rows: list[Json] = [
        [{"main": _short(copy), "mono": each.id}, copy.kind, copy.checked_by, _fate(copy)]
        for each in certificate.what.datasets
        for copy in each.residual
    ]
    until = f"{Grade.PENDING} about {figures.day(certificate.manifests_until)}"
    ours: Json = {
        "main": "The manifests, encrypted: names of objects",
        "mono": "kept as evidence by the issuer",
    }
    return [*rows, [ours, "manifest", "engine", {"chip": Grade.PENDING.value, "says": until}]]


def remaining_tells(certificate: Certificate) -> list[Json]:
    """Return what is to be said of the copies, each sentence once, and of the manifests."""
    words: list[Json] = [
        {"note": says}
        for says in dict.fromkeys(
            _word(copy.where, copy.attested)
            for copy in certificate.residuals
            if copy.attested is not None
        )
    ]
    told = dict.fromkeys(
        sentence
        for each in certificate.what.datasets
        for copy in each.residual
        for sentence in _tells(certificate, each, copy)
    )
    shown = list(told)[:TELLS_MAX]
    if len(told) > TELLS_MAX:
        rest = figures.number(len(told) - TELLS_MAX)
        shown.append(f"{rest} more such sentences follow from the attached statement.")
    callouts: list[Json] = [{"callout": says} for says in shown]
    return [*words[:TELLS_MAX], *callouts, {"note": certificate.manifests.wording}]


def _fate(copy: ResidualCopy) -> Json:
    return {"chip": copy.grade.value, "says": _says(copy)}


def _says(copy: ResidualCopy) -> str:
    grade = copy.grade
    unknown = "a day not agreed" if copy.key is None else "a day not known yet"
    until = unknown if copy.until is None else figures.day(copy.until)
    match grade:
        case Grade.NOT_COVERED:
            kept = f"{grade}: nothing is claimed by it"
            return kept if copy.is_kept else f"{grade}: clause {copy.not_covered_clause}"
        case Grade.HELD:
            return f"{grade} by {copy.held_by.replace('+', ', ')}"
        case Grade.PENDING:
            return f"{grade} {until}{_unusable(copy)}"
        case Grade.BEYOND_USE:
            return f"{grade}, {Grade.PENDING} {until}"
    assert copy.seen_gone_at is not None
    if copy.attested is not None:
        return f"{grade}: gone on {figures.day(copy.attested.gone_on)}"
    return f"{grade}: gone, seen {figures.london(copy.seen_gone_at)}{_unusable(copy)}"


def _short(copy: ResidualCopy) -> str:
    """Return where a copy is; a key by its last letters, for its name is wider than a column."""
    if copy.key is None:
        return copy.where
    return f"Key …{copy.where[-ENDING:]} in {region_of(copy.where)}"


def _unusable(copy: ResidualCopy) -> str:
    """Return since when a key cannot be used: another day than that on which it is gone."""
    since = None if copy.key is None else copy.key.unusable_since
    return "" if since is None else f"; unusable since {figures.utc(since)}"


def _of_key(copy: ResidualCopy, key: KeyEnd) -> Iterator[str]:
    if key.kept_because:
        why = figures.listed([WORDS[Doubt(each)] for each in key.kept_because])
        yield (
            f"Nothing is claimed by the key {copy.where}: {why}. Each version was destroyed by its "
            "own id all the same; nothing on these pages rests on the end of this key."
        )
        return
    beside = (
        "No decryption was tried, for nobody of ours may decrypt. It ends beside what was "
        "destroyed version by version, and is no ground for any number on these pages."
    )
    if copy.seen_gone_at is not None:
        yield f"The key {copy.where} is known no more to the service that held it. {beside}"
    elif key.unusable_since is not None:
        yield (
            f"The key {copy.where} is unusable since its end was ordered, as its state shows, and "
            f"can be recovered until its day has come. {beside}"
        )
    else:
        yield f"Of the key {copy.where} nothing is claimed yet: no order for its end was seen."


def _word(where: str, said: Attestation) -> str:
    return (
        f"{where}: {said.by} attests that it was gone on {figures.day(said.gone_on)}, by evidence "
        f"with SHA-256 {said.evidence.removeprefix('sha256:')}."
    )


def _tells(certificate: Certificate, each: CertifiedDataset, copy: ResidualCopy) -> Iterator[str]:
    if copy.key is not None:
        yield from _of_key(copy, copy.key)
    if not copy.is_pending:
        return
    if copy.held_by:
        yield (
            f"{copy.where}: a hold forbids that it ends. Once the hold is released it is checked "
            "again; its window runs on meanwhile, and no final certificate is issued."
        )
    if copy.until is not None and copy.until < certificate.identity.issued_on:
        yield (
            f"{copy.where} of {each.id} should have ended by {figures.day(copy.until)}, and nobody "
            "has seen yet that it is gone. It is asked for every day."
        )
    if (put := copy.beyond_use) is None:
        return
    looked = f"{put.by} looked on {figures.day(put.on)}"
    if put.holds:
        met = figures.listed([f"{test} ({n})" for n, test in enumerate(TESTS, start=1)])
        yield (
            f"{copy.where} is put beyond use until it ends. {looked}, and answers for the four "
            f"tests of the Information Commissioner's Office: {met}."
        )
    else:
        failing = figures.listed([f"that {TESTS[n - 1]} (test {n})" for n in put.failing])
        yield f"{copy.where} is not put beyond use. {looked}, and could not say {failing}."
