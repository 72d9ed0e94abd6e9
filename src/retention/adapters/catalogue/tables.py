"""The tables of the catalogue: what stands, and what surveys at work have kept so far."""

from sqlalchemy import BigInteger, Integer, MetaData, Text
from sqlmodel import Field, SQLModel

Number = BigInteger().with_variant(Integer, "sqlite")  # the one whole number of a STRICT table


class CatalogueTable(SQLModel):
    """Tables of the catalogue and of no other database; instants are ISO 8601 in UTC."""

    metadata = MetaData()


class Counted(SQLModel):
    """What a table says of some rows of a store."""

    versions: int = Field(sa_type=Number)
    markers: int = Field(sa_type=Number)
    uploads: int = Field(sa_type=Number)
    size_bytes: int = Field(sa_type=Number)


class Totalled(Counted):
    """What a table says of some rows, with their times and traits, which are canonical JSON."""

    oldest_at: str | None = Field(sa_type=Text)
    newest_at: str | None = Field(sa_type=Text)
    traits_text: str = Field(sa_type=Text)


class HoldingRow(Totalled, CatalogueTable, table=True):
    """A holding; *binding* and *traits_text* are canonical JSON."""

    __tablename__ = "holding"

    store: str = Field(primary_key=True, sa_type=Text)
    agreement: str = Field(primary_key=True, sa_type=Text)
    dataset: str = Field(primary_key=True, sa_type=Text)
    place: str = Field(primary_key=True, sa_type=Text)
    class_name: str = Field(sa_type=Text)
    binding: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    seen_at: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)


class StrayRow(Totalled, CatalogueTable, table=True):
    """What no agreement claims in one folder, which a digest stands for."""

    __tablename__ = "stray"

    store: str = Field(primary_key=True, sa_type=Text)
    under: str = Field(primary_key=True, sa_type=Text)
    folder: str = Field(primary_key=True, sa_type=Text)
    why: str = Field(primary_key=True, sa_type=Text)
    first_seen_at: str = Field(sa_type=Text)
    surveys: int = Field(sa_type=Number)


class SurveyRow(Counted, CatalogueTable, table=True):
    """The last good survey of one store."""

    __tablename__ = "survey"

    store: str = Field(primary_key=True, sa_type=Text)
    place: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    began_at: str = Field(sa_type=Text)
    ended_at: str = Field(sa_type=Text)
    as_of: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    terms: str = Field(sa_type=Text)
    stray_rows: int = Field(sa_type=Number)


class RunRow(CatalogueTable, table=True):
    """A survey at work; whoever took it up last is its *holder*."""

    __tablename__ = "run"

    store: str = Field(primary_key=True, sa_type=Text)
    id: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    terms: str = Field(sa_type=Text)
    began_at: str = Field(sa_type=Text)
    holder: str = Field(sa_type=Text)
    beat_at: str | None = Field(sa_type=Text)


class SpanRow(CatalogueTable, table=True):
    """A span that a run has kept; its bounds may name a patient, and are sealed."""

    __tablename__ = "span"

    run: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_type=Number)
    sealed: str = Field(sa_type=Text)


class PartRow(Totalled, CatalogueTable, table=True):
    """What one span holds of one copy of one dataset."""

    __tablename__ = "part"

    run: str = Field(primary_key=True, sa_type=Text)
    agreement: str = Field(primary_key=True, sa_type=Text)
    dataset: str = Field(primary_key=True, sa_type=Text)
    place: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_type=Number)
    class_name: str = Field(sa_type=Text)
    binding: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)


class StrayPartRow(Totalled, CatalogueTable, table=True):
    """What one span holds that no agreement claims."""

    __tablename__ = "stray_part"

    run: str = Field(primary_key=True, sa_type=Text)
    under: str = Field(primary_key=True, sa_type=Text)
    folder: str = Field(primary_key=True, sa_type=Text)
    why: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_type=Number)


class NoticedRow(CatalogueTable, table=True):
    """A finding, and since which day it was found every time that somebody reconciled."""

    __tablename__ = "noticed"

    kind: str = Field(primary_key=True, sa_type=Text)
    subject: str = Field(primary_key=True, sa_type=Text)
    since: str = Field(sa_type=Text)


_TABLES = CatalogueTable.metadata.tables
HOLDING, STRAY, SURVEY, RUN, SPAN, PART, STRAY_PART, NOTICED = (
    _TABLES[name]
    for name in ("holding", "stray", "survey", "run", "span", "part", "stray_part", "noticed")
)
