"""A key service that does what the AWS documentation says of KMS; its clock is the test's.

It answers the calls of a client, one service for every region and one account, and raises what a
client would.  Source: AWS KMS API Reference; AWS KMS Developer Guide, key states of KMS keys,
deleting keys, multi-Region keys.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from botocore.exceptions import ClientError, EndpointConnectionError

from retention.domain.key import region_of

ACCOUNT = "111122223333"
REGION = "eu-west-2"
_PENDING = ("PendingDeletion", "PendingReplicaDeletion")
_NUMBERS = count(1)


def arn_of(number, region=REGION, *, many=False):
    """Return the ARN of the key of that *number*."""
    name = f"mrk-{number:032x}" if many else f"{number:08x}-0000-4000-8000-000000000000"
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{name}"


def fault(code, message="as the documentation says"):
    """Return what a client raises for an answer of that *code*."""
    said = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(said, "Any")


@dataclass
class Made:
    """One key."""

    arn: str
    state: str = "Enabled"
    origin: str = "AWS_KMS"
    manager: str = "CUSTOMER"
    store: str = ""
    many: bool = False
    primary: str = ""  # of a replica
    grants: list = field(default_factory=list)
    deletion_at: object = None
    window: int = 30
    used_at: object = None


class DocumentedKms:
    """Fits what ``adapters.kms`` asks of a service, and of the clients that it hands out.

    *dead* answers nothing; *denied* names calls that the role may not make; *before* and *after*
    are called around each call, and may raise what a power cut would.
    """

    def __init__(self, clock):
        self.clock, self.keys, self.names = clock, {}, {}
        self.dead, self.denied = False, set()
        self.before = self.after = lambda call: None
        self.calls = []

    # What an owner does

    def make(self, *, origin="AWS_KMS", manager="CUSTOMER", store="", many=False):
        """Return the ARN of a new key."""
        key = Made(arn_of(next(_NUMBERS), many=many), "Enabled", origin, manager, store, many)
        self.keys[key.arn] = key
        return key.arn

    def replicate(self, arn, region="eu-west-1"):
        """Return the ARN of a replica."""
        replica = arn.replace(region_of(arn), region)
        self.keys[replica] = Made(replica, many=True, primary=arn)
        return replica

    def name(self, arn, alias="alias/records"):
        """Let an alias lead to a key, and return the alias."""
        self.names[alias] = arn
        return alias

    def grant(self, arn, times=1):
        """Let others use a key."""
        self.keys[arn].grants += [{"GrantId": f"g{next(_NUMBERS)}"} for _ in range(times)]

    def encrypt(self, arn):
        """Use a key."""
        key = self._known(arn)
        if key.state != "Enabled":
            raise fault("KMSInvalidStateException")
        key.used_at = self.clock.now()

    def state(self, arn):
        """Return the state of a key; None once it is gone."""
        self._let_go()
        return self.keys[arn].state if arn in self.keys else None

    # What a service and its clients answer

    def of(self, arn):
        """Return the client of a key's region."""
        region_of(arn)
        return self

    def describe_key(self, *, KeyId):  # noqa: N803 - as KMS names it
        with_key = self._asked("describe_key", KeyId, aliases=True)
        return self._done("describe_key", {"KeyMetadata": self._metadata(with_key)})

    def list_grants(self, *, KeyId, Marker="0"):  # noqa: N803 - as KMS names it
        rows, at = self._asked("list_grants", KeyId).grants, int(Marker)
        page = {"Grants": rows[at : at + 2], "Truncated": len(rows) > at + 2}
        return self._done("list_grants", page | {"NextMarker": str(at + 2)})

    def list_aliases(self, *, KeyId, Marker=""):  # noqa: N803 - as KMS names it
        key = self._asked("list_aliases", KeyId)
        rows = [{"AliasName": name} for name, arn in self.names.items() if arn == key.arn]
        return self._done("list_aliases", {"Aliases": rows, "Truncated": False})

    def get_key_last_usage(self, *, KeyId):  # noqa: N803 - as KMS names it
        key = self._asked("get_key_last_usage", KeyId)
        used = {} if key.used_at is None else {"KeyLastUsage": {"Timestamp": key.used_at}}
        return self._done("get_key_last_usage", used)

    def schedule_key_deletion(self, *, KeyId, PendingWindowInDays=30):  # noqa: N803 - as KMS names it
        key = self._asked("schedule_key_deletion", KeyId)
        if not 7 <= PendingWindowInDays <= 30:
            raise fault("ValidationException")
        if key.manager == "AWS":
            raise fault("AccessDeniedException")
        if key.state in _PENDING:
            raise fault("KMSInvalidStateException")
        key.window = PendingWindowInDays
        key.state = "PendingReplicaDeletion"
        self._start(key)
        said = {"KeyId": key.arn, "KeyState": key.state, "PendingWindowInDays": key.window}
        date = {} if key.deletion_at is None else {"DeletionDate": key.deletion_at}
        return self._done("schedule_key_deletion", said | date)

    def cancel_key_deletion(self, *, KeyId):  # noqa: N803 - as KMS names it
        key = self._asked("cancel_key_deletion", KeyId)
        if key.state not in _PENDING:
            raise fault("KMSInvalidStateException")
        key.state, key.deletion_at = "Disabled", None
        return self._done("cancel_key_deletion", {"KeyId": key.arn})

    def _asked(self, call, name, *, aliases=False):
        self.calls.append(call)
        self.before(call)
        if self.dead:
            raise EndpointConnectionError(endpoint_url="https://kms.invalid")
        if call in self.denied:
            raise fault("AccessDeniedException")
        return self._known(name, aliases=aliases)

    def _done(self, call, said):
        self.after(call)
        return said

    def _known(self, name, *, aliases=False):
        self._let_go()
        found = self.names.get(name, name) if aliases else name
        if found not in self.keys:
            raise fault("NotFoundException")
        return self.keys[found]

    def _replicas(self, key):
        return [each for each in self.keys.values() if each.primary == key.arn]

    def _start(self, key):
        """Begin the waiting period, unless a replica is still there."""
        if not self._replicas(key):
            key.state = "PendingDeletion"
            key.deletion_at = self.clock.now() + timedelta(days=key.window)

    def _let_go(self):
        """Delete what has waited for its whole period; the primary's begins with that."""
        now = self.clock.now()
        ended = [k for k in self.keys.values() if k.deletion_at and k.deletion_at < now]
        for key in ended:
            del self.keys[key.arn]
            self.names = {n: arn for n, arn in self.names.items() if arn != key.arn}
        for key in self.keys.values():
            if key.state == "PendingReplicaDeletion":
                self._start(key)

    def _metadata(self, key):
        said = {
            "Arn": key.arn,
            "KeyId": key.arn.rpartition("/")[2],
            "KeyManager": key.manager,
            "KeyState": key.state,
            "Enabled": key.state == "Enabled",
            "Origin": key.origin,
            "MultiRegion": key.many,
        }
        if key.state == "PendingDeletion":
            said["DeletionDate"] = key.deletion_at
        if key.state == "PendingReplicaDeletion":
            said["PendingDeletionWindowInDays"] = key.window
        if key.store:
            said["CustomKeyStoreId"] = key.store
        if key.many:
            primary = self.keys.get(key.primary, key)
            said["MultiRegionConfiguration"] = {
                "MultiRegionKeyType": "REPLICA" if key.primary else "PRIMARY",
                "PrimaryKey": {"Arn": primary.arn},
                "ReplicaKeys": [{"Arn": each.arn} for each in self._replicas(primary)],
            }
        return said
