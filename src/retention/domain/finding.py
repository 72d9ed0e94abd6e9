"""Findings: what does not fit between stores and agreements, how bad it is, and what mends it.

A finding says what was seen at one moment; what the data protection officer must assess is an
incident besides.  Nothing in a finding is a key: places are those that agreements declare.
Source: UK GDPR, articles 5(1)(e), 5(1)(f), 30(2) and 32; NHS Records Management Code of Practice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """How soon somebody must act; the order is that of lists."""

    SEVERE = "severe"  # data may be lost, open or kept unlawfully
    WARNING = "warning"  # it will stand in the way of a disposal, or of knowing
    NOTE = "note"


class FindingKind(StrEnum):
    """What was found."""

    # what a store says of itself
    NOT_VERSIONED = "not-versioned"
    VERSIONING_SUSPENDED = "versioning-suspended"
    MFA_DELETE = "mfa-delete"
    NOT_ENCRYPTED = "not-encrypted"
    OUT_OF_REGION = "out-of-region"
    PUBLIC = "public"
    REPLICATES_ELSEWHERE = "replicates-elsewhere"
    EXPIRES_BY_ITSELF = "expires-by-itself"
    SURVEYOR_COULD_DESTROY = "surveyor-could-destroy"
    LOCKED_BY_DEFAULT = "locked-by-default"
    NO_INVENTORY = "no-inventory"
    NOT_ANSWERED = "not-answered"
    STORE_FAILED = "store-failed"
    # what stores and agreements say of one another
    DARK = "dark"
    NO_DATA = "no-data"
    PAST_DESTROY_BY = "past-destroy-by"
    LISTED_AFTER_DISPOSAL = "listed-after-disposal"
    RESURRECTION = "resurrection"
    UNDECLARED_COPY = "undeclared-copy"
    LOOKS_EMPTY = "looks-empty"
    NOT_SURVEYED = "not-surveyed"
    NAMES_SOMEBODY = "names-somebody"
    NAME_TOO_LONG = "name-too-long"


@dataclass(frozen=True, slots=True)
class _Said:
    severity: Severity
    words: str
    remedy: str


_S, _W, _N = Severity.SEVERE, Severity.WARNING, Severity.NOTE
TABLE: Mapping[FindingKind, _Said] = MappingProxyType(
    {
        FindingKind.NOT_VERSIONED: _Said(
            _S,
            "it keeps no versions: what people approve can change under its own name",
            "turn versioning on; nothing there is proposed before",
        ),
        FindingKind.VERSIONING_SUSPENDED: _Said(
            _S,
            "versioning is suspended: what is written now replaces what was written before",
            "turn versioning on again; what has no version of its own is not proposed",
        ),
        FindingKind.MFA_DELETE: _Said(
            _W,
            "versions go only with a one-time code, which no flow can give",
            "agree with the store's keeper how an approved disposal is to be carried out",
        ),
        FindingKind.NOT_ENCRYPTED: _Said(
            _S,
            "data lie there unencrypted",
            "set a default encryption with a key of the project, and write the old data anew",
        ),
        FindingKind.OUT_OF_REGION: _Said(
            _S,
            "it lies outside the regions that the agreement names",
            "move the data, or have the controllers sign the region into the agreement",
        ),
        FindingKind.PUBLIC: _Said(
            _S,
            "it can be read without a login",
            "block public access now, and have the data protection officer assess it",
        ),
        FindingKind.REPLICATES_ELSEWHERE: _Said(
            _S,
            "it copies what is written to a place that no agreement declares",
            "declare the copy in the agreement, or end the replication and destroy the copy",
        ),
        FindingKind.EXPIRES_BY_ITSELF: _Said(
            _S,
            "lifecycle rules would destroy data by date alone, which nobody approved",
            "take the rules away, or narrow them to what no agreement covers",
        ),
        FindingKind.SURVEYOR_COULD_DESTROY: _Said(
            _S,
            "the surveyor's credential could destroy: it is not a separate identity",
            "give the roles the bucket policy that `infra/README.md` describes",
        ),
        FindingKind.LOCKED_BY_DEFAULT: _Said(
            _N,
            "every new version is locked for a time, and cannot go before",
            "compare the time with the shortest maximum of the agreements",
        ),
        FindingKind.NO_INVENTORY: _Said(
            _W,
            "retention.toml says to read an inventory, and the store makes none of all versions",
            "configure an inventory of all versions in Parquet, or take the line away",
        ),
        FindingKind.NOT_ANSWERED: _Said(
            _N,
            "it did not answer some questions, so nothing is known of them",
            "allow the surveyor these questions, or see what this kind of store cannot say",
        ),
        FindingKind.STORE_FAILED: _Said(
            _W,
            "it could not be surveyed: what is known is as old as its last good survey",
            "see that it answers and that the surveyor may list it, then survey it again",
        ),
        FindingKind.DARK: _Said(
            _W,
            "data lie there that no agreement covers, seen in two surveys",
            "declare them in an agreement, or find whose they are and have them decide",
        ),
        FindingKind.NO_DATA: _Said(
            _N,
            "no store holds anything of this class",
            "see whether the data were ever received, and whether the place is written right",
        ),
        FindingKind.PAST_DESTROY_BY: _Said(
            _S,
            "kept past the day by which it must be gone",
            "decide on it now; `retention explain` shows the working",
        ),
        FindingKind.LISTED_AFTER_DISPOSAL: _Said(
            _S,
            "something is listed where a dataset was destroyed",
            "find out who wrote it; it opens a new generation, under the agreement's clock",
        ),
        FindingKind.RESURRECTION: _Said(
            _S,
            "what was certified as destroyed is there again",
            "have the data protection officer assess it; the certificate is to be superseded",
        ),
        FindingKind.UNDECLARED_COPY: _Said(
            _S,
            "the same content lies in a place that no agreement declares",
            "declare the copy in the agreement, or have its keeper destroy it",
        ),
        FindingKind.LOOKS_EMPTY: _Said(
            _S,
            "a survey saw next to nothing of what was there: nothing was concluded from it",
            "see what happened; if it is true, close the incident, and the next survey counts",
        ),
        FindingKind.NOT_SURVEYED: _Said(
            _W,
            "no good survey of it for days: what is said of it may no longer be so",
            "see that the survey flow runs: `retention status` shows what failed",
        ),
        FindingKind.NAME_TOO_LONG: _Said(
            _W,
            "names of folders are too long, or cannot be written, so they are no dataset",
            "give the folders shorter names: until then nothing there falls due",
        ),
        FindingKind.NAMES_SOMEBODY: _Said(
            _S,
            "names of folders look like an NHS number, an e-mail address or a postcode",
            "rename the folders; until then nothing there is a dataset, and nothing falls due",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit.

    *store* is its name; *about* what it concerns there: a dataset, a class or an agreement;
    *detail* in plain words, without a key; the rest counts what is concerned.
    """

    kind: FindingKind
    store: str
    about: str = ""
    detail: str = ""
    datasets: int = 0
    rows: int = 0
    size_bytes: int = 0
    since: date | None = None  # the first day on which it was seen, where that is known

    @property
    def severity(self) -> Severity:
        """How soon somebody must act."""
        return TABLE[self.kind].severity

    @property
    def words(self) -> str:
        """What it means."""
        return TABLE[self.kind].words

    @property
    def remedy(self) -> str:
        """What mends it."""
        return TABLE[self.kind].remedy

    @property
    def sort_key(self) -> tuple[int, str, str, str, str]:
        """The worst first, then what is mended alike."""
        worst = list(Severity).index(self.severity)
        return worst, self.kind.value, self.store, self.about, self.detail
