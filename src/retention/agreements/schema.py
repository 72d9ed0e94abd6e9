"""The JSON Schema of an agreement file, for editors: made from the models, never by hand.

``make schema`` writes it to ``policies/agreement.schema.json``.  It says what one file can say by
itself; what needs other files or arithmetic is for ``retention check``.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from retention.agreements.models import AgreementFile
from retention.agreements.rules import SIGNED_AGREEMENT, SIGNED_CLASS, TARGETS

DIALECT = "http://json-schema.org/draft-07/schema#"  # the one that every editor for TOML knows
_KINDS = "anyOf", "oneOf"
_OPEN = {"additionalProperties": True}  # a condition leaves the rest alone: some editors ask
_NOTHING: tuple[object, ...] = (None, [], {})


def schema() -> dict[str, Any]:
    """Return the schema as JSON values."""
    made = AgreementFile.model_json_schema(by_alias=True)
    tables = made.pop("$defs")
    whole = {
        "$schema": DIALECT,
        "title": "Retention agreement",
        **_plain(made),
        "definitions": {name: _plain(table) for name, table in sorted(tables.items())},
    }
    _require_when_signed(whole)
    whole["definitions"]["Several"] |= {"minProperties": 1, "maxProperties": 1}
    return whole


def schema_text() -> str:
    """Return the schema as it stands in its file."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any, name: str = "") -> Any:
    """Return *value* as draft 7 has it, without what TOML has not: null and its defaults."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    if not isinstance(value, Mapping):
        return value.replace("``", "`") if name == "description" else value
    found = {key: _plain(each, key) for key, each in value.items() if _stays(key, each, name)}
    if isinstance(reference := found.get("$ref"), str):
        found["$ref"] = reference.replace("#/$defs/", "#/definitions/")
    for kind in _KINDS:
        if kind in found:
            found[kind] = [each for each in found[kind] if each != {"type": "null"}]
            if len(found[kind]) == 1:
                found |= found.pop(kind)[0]
    if "patternProperties" in found:
        found.setdefault("additionalProperties", False)
    if "$ref" in found and len(found) > 1:  # draft 7 reads nothing beside a reference
        found["allOf"] = [{"$ref": found.pop("$ref")}]
    return found


def _stays(key: str, value: Any, name: str) -> bool:
    if name == "properties":
        return True
    nothing = key == "default" and value in _NOTHING
    return not nothing and key not in {"title", "discriminator"}


def _require_when_signed(whole: dict[str, Any]) -> None:
    """Say what a signed class must say, so that an editor asks for it too."""
    signed = _where(status=["signed"])
    personal = _where(status=["signed"], identifiability=["identifiable", "pseudonymised"])
    exact = ["dispose_within", "destroy_by_covers", "cut_off"]
    table = whole["definitions"]["ClassTable"]
    table["allOf"] = [
        {"if": where, "then": {"required": required, **_OPEN}}
        for where, required in (
            (signed, [*SIGNED_CLASS, "after_end"]),
            (personal, ["special_category"]),
            ({"required": ["keep_exactly"], **_OPEN}, exact),
            ({"required": ["destroy_by"], **_OPEN}, ["destroy_by_covers"]),
            (_where(after_end=["keep-to-term"]), ["after_end_clause"]),
            *((_where(status=["signed"], then=[then]), [key]) for then, key in TARGETS.items()),
        )
    ]
    any_signed = {"properties": {"class": {"contains": signed}}, "required": ["class"]}
    agreement = {"properties": {"agreement": {"required": list(SIGNED_AGREEMENT), **_OPEN}}}
    whole["if"] = any_signed | _OPEN
    whole["then"] = {"required": ["disposal"], **agreement, **_OPEN}


def _where(**words: list[str]) -> dict[str, Any]:
    properties = {key: {"enum": values} for key, values in words.items()}
    return {"properties": properties, "required": list(words), **_OPEN}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
