"""The kinds of value that the files use; strict: nothing is coerced, and nothing is guessed."""

import warnings
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from retention.agreements.faults import is_plain
from retention.domain.age import Age
from retention.domain.calendar import YEARS
from retention.domain.clock import Period
from retention.domain.pattern import Pattern

NUMBER_MAX = 2**63 - 1  # what TOML promises to keep


class Strict(BaseModel):
    """A table whose every key is known and whose every value is of its own kind."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _period(value: object) -> Period:
    try:
        return Period.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError("period", "a period such as P8Y, P8Y6M or P30D") from None


def _place(value: object) -> Pattern:
    if not isinstance(value, str) or "@" in value:  # a user or password must not be quoted back
        raise PydanticCustomError("place", "a place such as s3://bucket/path/")
    try:
        with warnings.catch_warnings(action="error", category=FutureWarning):
            return Pattern.parse(value)  # an expression that will mean something else is none
    except (ValueError, FutureWarning) as error:
        why = str(error) if is_plain(value) else "a place such as s3://bucket/path/, without spaces"
        raise PydanticCustomError("place", "{why}", {"why": why}) from None


def _month_day(value: object) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2024-{value}" if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError("month_day", "a month and day such as 12-31") from None
    return day.month, day.day


def _day(value: date) -> date:
    first, last = YEARS  # with more, arithmetic would leave the calendar
    if not first <= value.year <= last:
        raise PydanticCustomError(
            "day", "a year from {first} to {last}", {"first": first, "last": last}
        )
    return value


_PERIOD_FORM = {
    "type": "string",
    "pattern": "^P([0-9]{1,3}Y)?([0-9]{1,3}M)?([0-9]{1,4}D)?$",
    "minLength": 3,
    "examples": ["P5Y", "P6Y6M", "P30D", "P0D"],
}
_PLACE_FORM = {
    "type": "string",
    "pattern": r"^[a-z][a-z0-9]*://[^/{}@\s]+/(.*/)?$",
    "examples": ["s3://bucket/patient/{round:[0-9]{4}}/"],
}
_MONTH_DAY_FORM = {"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$", "examples": ["08-31"]}

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Reference = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{1,30}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Email = Annotated[str, Field(pattern=r"^[^@\s<>]{1,64}@[^@\s<>]{1,190}$", max_length=254)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=1, le=NUMBER_MAX)]
Percent = Annotated[int, Field(ge=1, le=100)]
Day = Annotated[date, AfterValidator(_day)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=50)]
Approvers = Annotated[list[Id], Field(min_length=1, max_length=6)]
Span = Annotated[Period, PlainValidator(_period), WithJsonSchema(_PERIOD_FORM)]
Place = Annotated[Pattern, PlainValidator(_place), WithJsonSchema(_PLACE_FORM)]
MonthDay = Annotated[tuple[int, int], PlainValidator(_month_day), WithJsonSchema(_MONTH_DAY_FORM)]


def _form(value: Any) -> str:
    return "table" if isinstance(value, dict) else "plain"


class Several(Strict):
    """Several events: the clock starts with the earliest, or with the latest."""

    earliest: Annotated[list[Id], Field(min_length=2)] | None = Field(
        default=None, description="The clock starts with the first of these events."
    )
    latest: Annotated[list[Id], Field(min_length=2)] | None = Field(
        default=None, description="The clock starts with the last of these events."
    )


class YearEnd(Strict):
    """A year that ends on a day of its own."""

    year_end: MonthDay = Field(description="Month and day on which the year ends, such as 08-31.")


class FromCutOff(Strict):
    """A maximum that counts from the cut-off, because the contract says so."""

    period: Span = Field(description="How long after the cut-off it must be gone.")
    from_: Literal["cut-off"] = Field(
        alias="from", description="Counts from the cut-off and not from the event itself."
    )


class AgeTable(Strict):
    """A minimum that ends on a birthday; the trigger is then the birth."""

    age: Annotated[int, Field(ge=1, le=120)] = Field(
        description="Kept through the birthday on which the person is this old."
    )
    one_more_if_17_at: Id | None = Field(
        default=None,
        description="The event, such as treatment-ended, at which a person aged 17 is kept a year "
        "longer; whoever may have been 17 is counted so too.",
    )


def kept(given: Period | AgeTable | None) -> Period | Age | None:
    """Return a minimum as the clock knows it."""
    if isinstance(given, AgeTable):
        return Age(given.age, given.one_more_if_17_at or "")
    return given


CutOffName = Literal[
    "none",
    "month-end",
    "quarter-end",
    "calendar-year-end",
    "financial-year-end",
    "tax-year-end",
]
Trigger = Annotated[
    Annotated[Id, Tag("plain")] | Annotated[Several, Tag("table")], Discriminator(_form)
]
CutOff = Annotated[
    Annotated[CutOffName, Tag("plain")] | Annotated[YearEnd, Tag("table")], Discriminator(_form)
]
DestroyBy = Annotated[
    Annotated[Span, Tag("plain")] | Annotated[FromCutOff, Tag("table")], Discriminator(_form)
]
KeepAtLeast = Annotated[
    Annotated[Span, Tag("plain")] | Annotated[AgeTable, Tag("table")], Discriminator(_form)
]
