"""Documents against models: what fits becomes a model, what does not becomes a fault.

What is wrong is noted, and the table read again without it, so that the checks of its meaning
still run: a person corrects a file once, not once for each kind of fault.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from retention.agreements.faults import Fault, Remark, key_name, kind_of, word
from retention.agreements.text import DEPTH_MAX, Document, Path

Model = TypeVar("Model", bound=BaseModel)
_ID = re.compile("[a-z][a-z0-9-]{0,62}")

_EXPECTED: Mapping[str, str] = MappingProxyType(
    {  # what pydantic calls it: what a person would call what is wanted
        "string_type": "a text in quotes",
        "int_type": "a whole number",
        "bool_type": "true or false",
        "date_type": "a date such as 2024-04-01, without quotes",
        "list_type": "a list in [ ]",
        "dict_type": "a table",
        "model_type": "a table",
        "string_pattern_mismatch": "the form of such a value",
        "string_too_short": "a text that says something",
        "string_too_long": "a shorter text",
        "too_short": "more elements",
    }
)
_FORMS: Mapping[str, str] = MappingProxyType(
    {  # the patterns of ``fields``, by how they begin
        "^[a-z][a-z0-9-]": "small letters, digits and hyphens, such as records-manager",
        "^[A-Z]": "capital letters, digits and hyphens, such as NACEL",
        "^[^@": "an e-mail address",
        "^[0-9a-f]{64}": "the 64 hexadecimal digits of a SHA-256",
    }
)


class Findings:
    """Gathers what is wrong or doubtful, while reading goes on."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.faults: list[Fault] = []
        self.remarks: list[Remark] = []
        self._told: set[tuple[str, Path]] = set()

    def fault(
        self, doc: Document, path: Path, found: str, expected: str, hint: str, *, key: bool = False
    ) -> None:
        """Note a fault at the value (or the *key*) at *path*."""
        line, column = doc.spot(path, key=key)
        self.faults.append(Fault(doc.file, line, column, found, expected, hint))

    def tell(self, doc: Document, path: Path) -> None:
        """Remember that what should stand at *path* was complained of already."""
        self._told.add((doc.file, path))

    def told(self, doc: Document, path: Path) -> bool:
        """Tell whether what should stand at *path* was complained of already."""
        return (doc.file, path) in self._told

    def missing(self, doc: Document, path: Path, hint: str) -> None:
        """Note that the key at *path* is not there, unless it was complained of already."""
        if not self.told(doc, path):
            name = key_name(path[-1])
            self.fault(doc, path[:-1], f"no {name}", f"the key {name}", hint, key=True)

    def unknown(self, doc: Document, path: Path, known: Sequence[str]) -> None:
        """Note a key that nobody knows, with a guess at what was meant."""
        guesses = get_close_matches(str(path[-1]), known, n=1, cutoff=0.6)
        hint = f"Did you mean `{guesses[0]}`?" if guesses else "Take it out, or look at its name."
        for guess in guesses:
            self.tell(doc, (*path[:-1], guess))
        # A table can be long: its known keys are told by the guess and by policies/README.md.
        found = f"the unknown key {key_name(path[-1])}"
        self.fault(doc, path, found, "a key of this table", hint, key=True)

    def unlike(
        self, doc: Document, path: Path, name: str, expected: str, known: Iterable[str]
    ) -> None:
        """Note a name at *path* that is none of those *known*, with a guess at what was meant."""
        guesses = get_close_matches(name, list(known), n=1)
        hint = "Is it spelt as there, and is it there?"
        if guesses:
            hint = f"Did you mean '{guesses[0]}'?"
        found = f"'{name}'" if _ID.fullmatch(name) else word(name)
        self.fault(doc, path, found, expected, hint)

    def warn(self, doc: Document, path: Path, says: str) -> None:
        """Note something at *path* that stands, and that a person should know."""
        self.remarks.append(Remark(doc.file, *doc.spot(path), says))


def fit(
    model: type[Model], doc: Document, path: Path, findings: Findings, *, again: bool = False
) -> Model | None:
    """Return the table at *path* as *model*, or None if too little of it stands.

    Everything that is wrong is among the *findings*, also where a model is returned.  *again*
    says that the faults of this table were noted when a larger one was read.
    """
    value: Any = doc.at(path)
    for attempt in range(DEPTH_MAX):
        try:
            return model.model_validate(value)
        except ValidationError as error:
            details = error.errors(include_url=False)
        wrong = set()
        # What nobody knows comes first: what was misspelt is not called missing as well.
        for detail in sorted(details, key=lambda each: each["type"] != "extra_forbidden"):
            inner = _path_in(value, detail["loc"])
            if attempt == 0 and not again:
                _note(model, doc, path, inner, detail, findings)
            wrong.add(_to_leave_out(inner, detail["type"]))
        if () in wrong:
            return None
        for inner in wrong:
            findings.tell(doc, path + inner)
        value = _without(value, wrong)
    return None


def _to_leave_out(inner: Path, kind: str) -> Path:
    """Return what to leave out so that the rest may stand: () if that is everything."""
    if kind == "missing":
        inner = inner[:-1]
    # An element is left out with its list, or the places of the others would be wrong.
    while inner and isinstance(inner[-1], int):
        inner = inner[:-1]
    return inner


def _note(
    model: type[BaseModel],
    doc: Document,
    base: Path,
    inner: Path,
    detail: ErrorDetails,
    findings: Findings,
) -> None:
    path, kind = base + inner, detail["type"]
    if kind == "extra_forbidden":
        findings.unknown(doc, path, _known(model, inner[:-1]))
        return
    if kind == "missing":
        findings.missing(doc, path, "The format has no default for it.")
        return
    value, context = doc.at(path), detail.get("ctx", {})
    hint = "Nothing is converted: write it as the format has it."
    if kind == "literal_error":
        expected = str(context["expected"])
        words = [each.strip("'") for each in expected.replace(" or ", ", ").split(", ")]
        if guesses := get_close_matches(str(value), words, n=1):
            hint = f"Did you mean '{guesses[0]}'?"
    elif kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        expected = next(
            (f for head, f in _FORMS.items() if pattern.startswith(head)), "another form"
        )
    else:
        expected = _EXPECTED.get(kind, detail["msg"])
    if detail["loc"][-1] == "[key]":
        findings.fault(doc, path, f"the key {key_name(path[-1])}", expected, hint, key=True)
        return
    shows = kind in {"literal_error", "period", "place", "month_day"}
    findings.fault(doc, path, word(value) if shows else kind_of(value), expected, hint)


def _path_in(value: Any, loc: tuple[int | str, ...]) -> Path:
    """Return *loc* without the tags that pydantic puts into it for the forms of a value."""
    path: Path = ()
    for number, part in enumerate(loc, start=1):
        is_last = number == len(loc)
        inside = isinstance(value, dict) and part in value
        if inside or (isinstance(value, list) and isinstance(part, int)):
            value, path = value[part], (*path, part)
        elif is_last and isinstance(value, dict):
            path = (*path, part)  # a key that is missing
    return path


def _known(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that the table at *path* of *model* may have."""
    here: type[BaseModel] = model
    for part in path:
        field = {_alias(n, f.alias): f for n, f in here.model_fields.items()}.get(str(part))
        if field is not None:
            here = next(iter(_models(field.annotation)), here)
    return [_alias(name, field.alias) for name, field in here.model_fields.items()]


def _alias(name: str, alias: str | None) -> str:
    return alias or name


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models within an annotation, whatever list or choice they stand in."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _without(value: Any, paths: set[Path], here: Path = ()) -> Any:
    """Return *value* without what stands at *paths*."""
    if isinstance(value, dict):
        return {
            key: _without(inner, paths, (*here, key))
            for key, inner in value.items()
            if (*here, key) not in paths
        }
    if isinstance(value, list):
        return [_without(inner, paths, (*here, n)) for n, inner in enumerate(value)]
    return value
