"""Trees of dataclasses as plain JSON values, and back, without guessing.

Reading is strict: a name too many or too few, or a value of another type, is refused.  A field
that is derived (``init=False``) is written and not read: whoever reads compares the bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from retention.domain.calendar import instant, stamp
from retention.domain.canonical import Json

T = TypeVar("T")
_ATOMS = (str, int, bool)
_FROM_TEXT: Mapping[Any, Callable[[str], Any]] = {datetime: instant, date: date.fromisoformat}


def to_plain(value: Any) -> Json:
    """Return *value* as JSON: instants by :func:`calendar.stamp`, civil days in ISO 8601."""
    if is_dataclass(value):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_plain(each) for each in value]
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    plain: Json = value
    return plain


def from_plain(kind: type[T], value: Json) -> T:
    """Return the *kind* that :func:`to_plain` wrote; raise ValueError for anything else."""
    read: T = _read(kind, value)
    return read


def _read(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        return _read_dataclass(kind, value)
    if isinstance(kind, UnionType):
        inner = next(each for each in get_args(kind) if each is not NoneType)
        return None if value is None else _read(inner, value)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], each) for each in _of(list, value))
    if kind in _ATOMS:
        return _of(kind, value)
    return _FROM_TEXT.get(kind, kind)(_of(str, value))  # or an enumeration


def _of(kind: type[T], value: Any) -> T:
    if type(value) is not kind:  # not isinstance: True is no number here
        raise ValueError(f"{kind.__name__} was expected and {type(value).__name__} found")
    return value


def _read_dataclass(kind: Any, value: Any) -> Any:
    named = _fields(kind)
    if not isinstance(value, Mapping) or set(value) != set(named):
        names = set(value) if isinstance(value, Mapping) else set()
        raise ValueError(f"{kind.__name__} does not have these fields: {set(named) ^ names}")
    given = {n: _read(hint, value[n]) for n, (each, hint) in named.items() if each.init}
    return kind(**given)


@cache
def _fields(kind: Any) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {each.name: (each, hints[each.name]) for each in fields(kind)}
