"""The kinds of value that the files use; strict: nothing is coerced, and nothing is guessed."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag
from pydantic_core import PydanticCustomError

from retention.domain.clock import Period
from retention.domain.pattern import Pattern


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
        return Pattern.parse(value)
    except ValueError as error:
        raise PydanticCustomError("place", "{why}", {"why": str(error)}) from None


def _month_day(value: object) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2024-{value}" if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError("month_day", "a month and day such as 12-31") from None
    return day.month, day.day


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Reference = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{1,30}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Email = Annotated[str, Field(pattern=r"^[^@\s<>]{1,64}@[^@\s<>]{1,190}$", max_length=254)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=1)]
Percent = Annotated[int, Field(ge=1, le=100)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=50)]
Approvers = Annotated[list[Id], Field(min_length=1, max_length=6)]
Span = Annotated[Period, PlainValidator(_period)]
Place = Annotated[Pattern, PlainValidator(_place)]
MonthDay = Annotated[tuple[int, int], PlainValidator(_month_day)]


def _form(value: Any) -> str:
    return "table" if isinstance(value, dict) else "plain"


class Several(Strict):
    """Several events: the clock starts with the earliest, or with the latest."""

    earliest: Annotated[list[Id], Field(min_length=2)] | None = None
    latest: Annotated[list[Id], Field(min_length=2)] | None = None


class YearEnd(Strict):
    """A year that ends on a day of its own."""

    year_end: MonthDay


class FromCutOff(Strict):
    """A maximum that counts from the cut-off, because the contract says so."""

    period: Span
    from_: Literal["cut-off"] = Field(alias="from")


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
