"""The demonstration's estate: invented objects in versioned, encrypted buckets.

What is written where follows from the agreements' patterns and a seed: keys, contents and what
was overwritten, deleted or left unfinished are the same each time; version ids are the store's.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from retention.demo.invented import DATASETS, STRAYS
from retention.domain.agreement import Agreement, CheckedBy, RetentionClass
from retention.domain.dataset import DatasetId, Kind
from retention.domain.pattern import key_prefix
from retention.errors import StoreUnavailableError
from retention.ports.progress import Progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CreateBucketConfigurationTypeDef

SEED = "retention/demo/1"
THREADS = 8
KEYS = (53, 68)  # how many keys a dataset has, at least and at most

_NAMES = (  # file names as people give them: what a listing must not stumble over
    "site-{n:03}.csv",
    "site-{n:03}/case notes {n:03}.json",
    "site-{n:03}/form+annex.pdf",
    "site-{n:03}/100%.txt",
    "site-{n:03}/réponses-é.csv",
    "site-{n:03}/summary & notes.txt",
    "site-{n:03}/a=b;c,d.txt",
    "site-{n:03}/統計.csv",
    "site-{n:03}/trailing.dot.",
)
_PLAIN_SHARE = 0.75  # of the keys, that have the first and plainest name


class _Wish(TypedDict, total=False):
    """How each object is asked to be encrypted."""

    ServerSideEncryption: Literal["AES256", "aws:kms"]
    SSEKMSKeyId: str


@dataclass(frozen=True, slots=True)
class Copies:
    """Where one dataset lies: places whose versions are the same, and the backups beside them."""

    name: str
    live: tuple[str, ...]
    backups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Estate:
    """What was made; *encryption* says for each bucket how the store encrypts."""

    datasets: int
    versions: int
    markers: int
    uploads: int
    encryption: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Act:
    """One thing to do under one key: put data, mark it deleted, or begin an upload."""

    kind: Kind
    name: str
    content: bytes = b""


def create(
    client: "S3Client",
    agreements: Sequence[Agreement],
    *,
    seed: str = SEED,
    kms_key: str | None = None,
    progress: Progress | None = None,
) -> Estate:
    """Make every bucket and object of *agreements* in an empty store.

    Each object is asked to be encrypted: under *kms_key*, a key that the store knows, or else
    under the store's own.  Some stores take the second wish and do nothing (Ceph 16 does):
    ``encryption`` of the answer says what the store itself says of an object.
    Raises StoreUnavailableError if the store fails; begin again with an empty one.
    """
    everything = list(places(agreements))
    uris = [uri for each in everything for uri in (*each.live, *each.backups)]
    buckets = sorted({key_prefix(uri)[1] for uri in uris})
    strays = [Copies(uri, (uri,), ()) for uri in STRAYS if key_prefix(uri)[1] in buckets]
    work = [job for each in (*everything, *strays) for job in _jobs(each, seed)]
    wish: _Wish = {"ServerSideEncryption": "AES256"}
    if kms_key is not None:
        wish = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
    made: Counter[Kind] = Counter()
    try:
        by_default = {bucket: _make_bucket(client, bucket) for bucket in buckets}
        with ThreadPoolExecutor(THREADS) as pool:
            jobs = pool.map(lambda job: _write(client, job[0], job[1], wish), work)
            for done, counts in enumerate(jobs, start=1):
                made += counts
                if progress is not None:
                    progress.at("build the estate", done, len(work))
        encryption = {name: _encryption(client, name, by_default[name]) for name in buckets}
    except (BotoCoreError, ClientError) as error:
        raise _failed(error) from None
    return Estate(
        len(everything),
        made[Kind.DATA],
        made[Kind.MARKER],
        made[Kind.UPLOAD],
        MappingProxyType(encryption),
    )


def places(agreements: Sequence[Agreement]) -> Iterator[Copies]:
    """Yield where each invented dataset of *agreements* lies, in a fixed order."""
    for agreement in agreements:
        for kind in agreement.classes:
            for values in DATASETS.get((agreement.reference, kind.name), ()):
                binding = tuple((name, values[name]) for name in kind.placeholders)
                name = str(DatasetId(agreement.reference, kind.name, binding))
                live = [pattern.place(values) for pattern in kind.datasets]
                live += _stores(kind, values, ages_out=False)
                backups = _stores(kind, values, ages_out=True)
                yield Copies(name, tuple(live), tuple(backups))


def _stores(kind: RetentionClass, values: Mapping[str, str], *, ages_out: bool) -> list[str]:
    return [
        copy.store.place(values)
        for copy in kind.copies
        if copy.store is not None
        and copy.checked_by is CheckedBy.ENGINE
        and (copy.gone_within is not None) is ages_out
    ]


def expire_backups(client: "S3Client", agreements: Sequence[Agreement]) -> int:
    """Let backups of what is no longer live age out, as a vault does; return how many versions.

    This is the vault's doing and not the engine's: it stands outside, beside the store.
    """
    gone = 0
    try:
        for each in places(agreements):
            if each.backups and not any(_versions(client, place, most=1) for place in each.live):
                gone += sum(_empty(client, place) for place in each.backups)
    except (BotoCoreError, ClientError) as error:
        raise _failed(error) from None
    return gone


def _failed(error: Exception) -> StoreUnavailableError:
    # The error of the library names keys: its type is all that is passed on.
    return StoreUnavailableError(
        f"the demonstration's store failed ({type(error).__name__})",
        hint="begin again: the demonstration starts with an empty store",
    )


def _make_bucket(client: "S3Client", bucket: str) -> bool:
    """Make a versioned bucket, and tell whether the store let it encrypt by default."""
    region = client.meta.region_name
    if region == "us-east-1":  # the one region whose name may not be given
        client.create_bucket(Bucket=bucket)
    else:
        where: CreateBucketConfigurationTypeDef = {"LocationConstraint": region}  # type: ignore[typeddict-item]  # any region
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    try:
        client.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in {400, 501}:
            raise
        return False
    return True


def _encryption(client: "S3Client", bucket: str, by_default: bool) -> str:  # noqa: FBT001  # what the store said
    """Return how the store says that it encrypts: looked up, for a wish is no evidence."""
    page = client.list_object_versions(Bucket=bucket, MaxKeys=10)
    row = page["Versions"][0]
    head = client.head_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
    objects = head.get("ServerSideEncryption", "none that the store confirms")
    bucket_too = "AES256" if by_default else "none that the store takes"
    return f"each object: {objects}; default of the bucket: {bucket_too}"


def _jobs(copies: Copies, seed: str) -> Iterator[tuple[str, list[_Act]]]:
    """Yield for each place what to do there, in its order."""
    acts = list(_acts(random.Random(f"{seed}/{copies.name}")))  # noqa: S311  # not a secret: the same each time
    for place in copies.live:
        yield place, acts
    kept = {act.name: act for act in acts if act.kind is Kind.DATA}
    for place in copies.backups:  # a backup holds what was there at night, and no history
        yield place, list(kept.values())


def _acts(dice: random.Random) -> Iterator[_Act]:
    """Yield one dataset's history: some keys overwritten, some deleted, some uploads broken off."""
    names = [_name(dice, number) for number in range(1, dice.randint(*KEYS) + 1)]
    yield from (_put(name, 1) for name in names)
    for name in dice.sample(names, len(names) // 5):
        yield _put(name, 2)
    for name in dice.sample(names, len(names) // 12):
        yield _Act(Kind.MARKER, name)
        if dice.random() < 1 / 4:
            yield _put(name, 3)  # written again after it was deleted
    for number in range(dice.randint(1, 2)):
        yield _Act(Kind.UPLOAD, f"unfinished/part {number}.zip")


def _name(dice: random.Random, number: int) -> str:
    form = _NAMES[0] if dice.random() < _PLAIN_SHARE else dice.choice(_NAMES[1:])
    return form.format(n=number)


def _put(name: str, turn: int) -> _Act:
    digest = sha256(f"{name}/{turn}".encode()).hexdigest()
    return _Act(Kind.DATA, name, f"invented,{digest[: 8 + len(name)]}\n".encode())


def _write(client: "S3Client", place: str, acts: Sequence[_Act], wish: _Wish) -> Counter[Kind]:
    _, bucket, prefix = key_prefix(place)
    for act in acts:
        key = prefix + act.name
        if act.kind is Kind.DATA:
            client.put_object(Bucket=bucket, Key=key, Body=act.content, **wish)
        elif act.kind is Kind.MARKER:
            client.delete_object(Bucket=bucket, Key=key)
        else:
            client.create_multipart_upload(Bucket=bucket, Key=key, **wish)
    return Counter(act.kind for act in acts)


def _versions(client: "S3Client", place: str, *, most: int = 1000) -> list[tuple[str, str]]:
    """Return at *most* so many versions and markers in *place*, as key and version id."""
    _, bucket, prefix = key_prefix(place)
    page = client.list_object_versions(Bucket=bucket, Prefix=prefix, MaxKeys=most)
    rows = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [(row["Key"], row["VersionId"]) for row in rows]


def _empty(client: "S3Client", place: str) -> int:
    bucket, gone = key_prefix(place)[1], 0

    def delete(row: tuple[str, str]) -> None:
        client.delete_object(Bucket=bucket, Key=row[0], VersionId=row[1])

    while rows := _versions(client, place):
        with ThreadPoolExecutor(THREADS) as pool:
            gone += len(list(pool.map(delete, rows)))
    return gone
