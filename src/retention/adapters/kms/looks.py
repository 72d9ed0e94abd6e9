"""What KMS shows of a key: its own metadata, who was granted its use, and when it was last used."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from retention.adapters.kms.service import FAULTS, NOT_FOUND, Service, code_of, store_error
from retention.domain.key import KeyLook, KeyState

PAGES_MAX: Final = 100
_STATES = {state.value: state for state in KeyState if state is not KeyState.ABSENT}
_ORIGINS = {
    "AWS_KMS": False,
    "EXTERNAL": True,
}  # imported, or not; others have a store of their own


class KmsKeys:
    """Fits ``ports.keys.Keys``."""

    def __init__(self, service: Service) -> None:
        """Look through *service*, whose role may describe and list, and neither use nor end."""
        self._service = service

    def look(self, arn: str) -> KeyLook:
        """Say what KMS shows of one key; see the port's laws."""
        client = self._service.of(arn)
        try:
            said = client.describe_key(KeyId=arn)["KeyMetadata"]
        except FAULTS as error:
            if code_of(error) == NOT_FOUND:
                return KeyLook(state=KeyState.ABSENT)
            raise store_error(error) from None
        if said.get("Arn") != arn:
            # An answer about another key says nothing of this one.
            return KeyLook(state=KeyState.OTHER)
        grants, aliases = (
            _counted(client, "list_grants", arn),
            _counted(client, "list_aliases", arn),
        )
        return look_of(said, grants=grants, aliases=aliases, used_at=_used_at(client, arn))


def look_of(
    said: Mapping[str, Any],
    *,
    grants: int | None,
    aliases: int | None = None,
    used_at: datetime | None = None,
) -> KeyLook:
    """Read the metadata of a key; what is missing, or no word of ours, is not known."""
    manager, origin = said.get("KeyManager"), said.get("Origin")
    region = said.get("MultiRegionConfiguration") or {}
    kind = region.get("MultiRegionKeyType") if said.get("MultiRegion") else ""
    many = said.get("MultiRegion")
    deletion = said.get("DeletionDate")
    return KeyLook(
        state=_STATES.get(str(said.get("KeyState")), KeyState.OTHER),
        customers={"CUSTOMER": True, "AWS": False}.get(str(manager)),
        imported=_ORIGINS.get(str(origin), False if origin else None),
        elsewhere=None if origin is None else origin not in _ORIGINS or "CustomKeyStoreId" in said,
        is_replica=None if many is None else kind == "REPLICA",
        replicas=_replicas(many, region),
        grants=grants,
        aliases=aliases,
        used_at=used_at,
        deletion_at=deletion.astimezone(UTC) if isinstance(deletion, datetime) else None,
    )


def _replicas(many: bool | None, region: Mapping[str, Any]) -> int | None:  # noqa: FBT001 - as KMS says it
    if many is None or not many:
        return None if many is None else 0
    return len(region["ReplicaKeys"]) if "ReplicaKeys" in region else None


def granted(client: Any, arn: str) -> int | None:
    """Return how many grants a key has, or None if nobody says."""
    return _counted(client, "list_grants", arn)


def _counted(client: Any, call: str, arn: str) -> int | None:
    try:
        return sum(1 for _ in _rows(client, call, arn))
    except FAULTS:
        return None


def _rows(client: Any, call: str, arn: str) -> Iterator[Any]:
    """Yield the rows of every page; one page too many is an answer that nobody understands."""
    name = {"list_grants": "Grants", "list_aliases": "Aliases"}[call]
    marker: dict[str, str] = {}
    for _ in range(PAGES_MAX):
        page = getattr(client, call)(KeyId=arn, **marker)
        yield from page[name]
        if not page.get("Truncated"):
            return
        marker = {"Marker": page["NextMarker"]}
    yield {}


def _used_at(client: Any, arn: str) -> datetime | None:
    try:
        used = client.get_key_last_usage(KeyId=arn).get("KeyLastUsage", {}).get("Timestamp")
    except FAULTS:
        return None  # one sign more, where it is given
    return used.astimezone(UTC) if isinstance(used, datetime) else None
