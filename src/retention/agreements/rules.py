"""What the tables must say to stand: checks within one class and within one agreement.

Nothing irreversible has a default: what a signed class does not say is a fault, not a guess.
"""

from collections.abc import Mapping
from types import MappingProxyType

from retention.agreements.build import Pieces
from retention.agreements.classes import Also, ClassTable
from retention.agreements.dates import check_waits
from retention.agreements.fields import AgeTable, FromCutOff, Several
from retention.agreements.models import AgreementTable, DisposalTable
from retention.agreements.reading import Findings
from retention.agreements.text import Document, Path

SIGNED_CLASS: Mapping[str, str] = MappingProxyType(
    {
        "identifiability": "Say how far people can be recognised in the data.",
        "datasets": "Say where the datasets lie.",
        "trigger": "Say which event starts the clock.",
        "then": "Say what happens at the end: it has no default.",
        "clause": "Name the clause that says so: it stands on the certificate.",
    }
)
SIGNED_AGREEMENT: Mapping[str, str] = MappingProxyType(
    {
        "mandate": "Name the document that gives the instruction.",
        "signed_on": "Say when it was signed.",
        "in_force": "Say from when it is in force.",
        "route": "Say how notices and certificates travel: direct or through-chain.",
    }
)
_PERSONAL = frozenset({"identifiable", "pseudonymised"})
TARGETS: Mapping[str, str] = MappingProxyType(
    {"return": "return_to", "transfer": "transfer_to", "archive": "archive"}
)


def check_class(doc: Document, path: Path, table: ClassTable, findings: Findings) -> None:
    """Check what one class says, and what it must say because it is signed."""
    _check_bounds(doc, path, table, findings)
    _check_trigger(doc, (*path, "trigger"), table.trigger, findings)
    for number, duty in enumerate(table.also):
        _check_duty(doc, (*path, "also", number), duty, findings)
    _check_not_covered(doc, path, table, findings)
    if table.status != "signed":
        return
    for name, hint in SIGNED_CLASS.items():
        if not getattr(table, name):
            findings.missing(doc, (*path, name), hint)
    if table.after_end is None:
        personal = table.identifiability in {None, *_PERSONAL}
        why = "No default for personal data" if personal else "It has no default"
        hint = f"{why}: say what the end of the agreement means, keep-to-term or dispose."
        findings.missing(doc, (*path, "after_end"), hint)
    if table.identifiability in _PERSONAL and table.special_category is None:
        findings.missing(doc, (*path, "special_category"), "Say it for data about people.")
    if table.after_end == "keep-to-term" and table.after_end_clause is None:
        hint = "Keeping data after the end needs the clause that instructs it."
        findings.missing(doc, (*path, "after_end_clause"), hint)
    target = TARGETS.get(table.then or "")
    if target is not None and getattr(table, target) is None:
        findings.missing(doc, (*path, target), f"then = '{table.then}' needs to know where to.")


def _check_not_covered(doc: Document, path: Path, table: ClassTable, findings: Findings) -> None:
    """Check that a copy which certificates do not cover is nowhere said to be looked after."""
    hint = "A copy has one fate: it is looked after, or no certificate covers it."
    for number, copy in enumerate(table.copies):
        said = {
            "`gone_within`": copy.gone_within is not None,
            "`beyond_use`": copy.beyond_use is not None,
            "checked_by = 'engine'": copy.checked_by == "engine",
            "destroy_by_covers = 'all-copies'": table.destroy_by_covers == "all-copies",
        }
        for words in (words for words, is_said in said.items() if is_said):
            if copy.not_covered_clause is not None:
                at = (*path, "copies", number, "not_covered_clause")
                findings.fault(doc, at, f"a copy that is not covered, and {words}", "one", hint)


def _check_bounds(doc: Document, path: Path, table: ClassTable, findings: Findings) -> None:
    """Check that minimum, maximum and exact period make one rule."""
    exact, least, most = table.keep_exactly, table.keep_at_least, table.destroy_by
    names = ("keep_exactly", "keep_at_least", "destroy_by", "dispose_within")
    if any(findings.told(doc, (*path, name)) for name in names):
        return  # what they say together can only be told when each of them stands
    if exact is not None and (least is not None or most is not None):
        hint = "Keep one of the two ways to say it."
        findings.fault(
            doc, (*path, "keep_exactly"), "an exact period beside another", "one or the other", hint
        )
    if exact is not None and table.dispose_within is None:
        hint = "It is mandatory with keep_exactly: destroy_by follows from it."
        findings.missing(doc, (*path, "dispose_within"), hint)
    if exact is None and table.dispose_within is not None:
        hint = "With a minimum or a maximum, destroy_by says it."
        findings.fault(doc, (*path, "dispose_within"), "no `keep_exactly`", "both or neither", hint)
    given = [each for each in (exact, least, most) if each is not None]
    if table.status == "signed" and not given:
        hint = "Say keep_at_least, destroy_by or keep_exactly."
        findings.fault(doc, path, "no period", "a minimum, a maximum or an exact period", hint)
    if given and table.trigger is None and table.status != "signed":
        findings.missing(doc, (*path, "trigger"), "A period counts from an event.")
    _check_cut_off(doc, path, table, findings, exact=exact is not None)
    maximums = [most, exact, *(duty.destroy_by for duty in table.also)]
    if table.destroy_by_covers is None and any(each is not None for each in maximums):
        hint = "Say whether the maximum covers the live copies or all of them."
        findings.missing(doc, (*path, "destroy_by_covers"), hint)


def _check_cut_off(
    doc: Document, path: Path, table: ClassTable | Also, findings: Findings, *, exact: bool = False
) -> None:
    """Check that a cut-off is said where it moves something, and nowhere else."""
    least = table.keep_at_least
    if isinstance(least, AgeTable):
        if table.cut_off not in {None, "none"}:
            hint = "A birthday is a day of its own: leave the cut-off out."
            findings.fault(doc, (*path, "cut_off"), "a cut-off of a birthday", '"none"', hint)
        return
    moved = exact or least is not None or isinstance(table.destroy_by, FromCutOff)
    if moved and table.cut_off is None:
        hint = 'Say it, also where it is "none".'
        findings.missing(doc, (*path, "cut_off"), hint)


def _check_duty(doc: Document, path: Path, duty: Also, findings: Findings) -> None:
    """Check one of ``[[class.also]]``: it sets a bound, and says what moves it."""
    _check_trigger(doc, (*path, "trigger"), duty.trigger, findings)
    names = ("keep_at_least", "destroy_by", "cut_off")
    if any(findings.told(doc, (*path, name)) for name in names):
        return
    if duty.keep_at_least is None and duty.destroy_by is None:
        hint = "Say keep_at_least or destroy_by: a duty without either binds nobody."
        findings.fault(doc, path, "no period", "a minimum or a maximum", hint)
    _check_cut_off(doc, path, duty, findings)


def _check_trigger(
    doc: Document, path: Path, trigger: str | Several | None, findings: Findings
) -> None:
    if isinstance(trigger, Several) and (trigger.earliest is None) == (trigger.latest is None):
        hint = "The clock starts with one of them."
        findings.fault(doc, path, "a table", "either earliest or latest", hint)


def check_agreement(doc: Document, pieces: Pieces, findings: Findings) -> None:
    """Check what the agreement says as a whole."""
    header, disposal = pieces.header, pieces.disposal
    if header is not None:
        _check_header(doc, header, pieces, findings)
    if disposal is not None:
        _check_disposal(doc, disposal, findings)
    elif pieces.signed and "disposal" not in doc.values:
        findings.missing(doc, ("disposal",), "A signed class needs to know how disposals go.")


def _check_header(
    doc: Document, header: AgreementTable, pieces: Pieces, findings: Findings
) -> None:
    path: Path = ("agreement",)
    expected = f"{header.reference}/v{header.version}.toml"
    if doc.file != expected:
        hint = "The file is named after the reference and the version in it."
        findings.fault(doc, (*path, "reference"), "another file name", f"`{expected}`", hint)
    if pieces.signed:
        for name, hint in SIGNED_AGREEMENT.items():
            if not getattr(header, name):
                findings.missing(doc, (*path, name), hint)
    dates = header.in_force
    if dates is not None and dates.until is not None and dates.until < dates.from_:
        hint = "An agreement ends after it begins."
        findings.fault(
            doc, (*path, "in_force", "until"), str(dates.until), f"{dates.from_} or later", hint
        )
    if header.route == "through-chain" and not header.through:
        findings.missing(
            doc, (*path, "through"), "Name the processors that the chain runs through."
        )
    _check_special(doc, header, pieces, findings)
    _check_ends(doc, header, pieces, findings)


def _check_special(
    doc: Document, header: AgreementTable, pieces: Pieces, findings: Findings
) -> None:
    """Check that special categories have a condition; one of domestic law alone is none."""
    if any(basis.startswith("9(") for basis in header.lawful_basis):
        return
    special = [table.name for table in pieces.classes.values() if table.special_category]
    if special and not findings.told(doc, ("agreement", "lawful_basis")):
        hint = f"Special category data, in {', '.join(special)}, need one such as 9(2)(i)."
        path: Path = ("agreement", "lawful_basis")
        findings.fault(doc, path, "no condition", "one of article 9", hint)


def _check_ends(doc: Document, header: AgreementTable, pieces: Pieces, findings: Findings) -> None:
    """Check that an event that never comes leads to a review some day; ``clock.md``, ruling 7."""
    if header.in_force is None or header.in_force.until is not None:
        return
    if findings.told(doc, ("agreement", "in_force", "until")):
        return
    for number, table in pieces.classes.items():
        if table.status == "signed" and table.review_at_latest is None:
            hint = "The agreement has no end: say after how long a missing event is looked into."
            findings.missing(doc, ("class", number, "review_at_latest"), hint)


def _check_disposal(doc: Document, table: DisposalTable, findings: Findings) -> None:
    path: Path = ("disposal",)
    if table.silence == "proceed":
        if table.silence_clause is None:
            hint = "Silence binds nobody without the clause that says so."
            findings.missing(doc, (*path, "silence_clause"), hint)
        if table.instruction == "each-time":
            hint = "An instruction for each case cannot be given by silence."
            findings.fault(doc, (*path, "silence"), "'proceed' with each-time", "'wait'", hint)
    check_waits(doc, table, findings)
