"""Buckets whose rules can be looked at from all sides: in memory, on moto, and on Ceph."""

import json
from functools import lru_cache
from itertools import count

from botocore.exceptions import ClientError

from retention.adapters.s3 import lockout, policy
from retention.adapters.s3.access import S3Access
from retention.adapters.s3.roles import ceph_principal
from retention.domain.pattern import key_prefix
from retention.errors import RefusedError, StaleError, StoreRefusedError, TooMuchError
from retention.ports.access import Change

ROLES = ("surveyor", "destroyer", "verifier", "archivist", "custodian")
EXEMPT = tuple(sorted(ceph_principal(role) for role in ROLES))
MARKS = tuple("sha256:" + letter * 64 for letter in "abc")
PLACES_MAX = 200
_NAMES = count(1)


class MemoryAccess:
    """Fits ``WithdrawsAccess``: rules are JSON, ours under their mark and everybody else's."""

    def __init__(self, before=lambda verb: None):
        self.rules, self.before, self.refuses = {}, before, None

    def withdrawal(self, root, places, mark):
        """Plan, as the port says."""
        rules = self._read(root)
        if any(set("*?$") & set(place) for place in places):
            raise RefusedError("a name matches its neighbours", hint="close it by hand")
        if len(places) > PLACES_MAX:
            raise TooMuchError("too many places", hint="propose fewer")
        return self._change(root, {**rules, "ours": {**rules["ours"], mark: sorted(places)}})

    def restoration(self, done, mark):
        """Plan, as the port says."""
        rules, left = self._read(done.root), _read(done.after)
        ours = {m: places for m, places in rules["ours"].items() if m != mark}
        if mark in rules["ours"] and (
            rules["others"] != left["others"] or rules["ours"][mark] != left["ours"][mark]
        ):
            raise StaleError("somebody changed the rules meanwhile", hint="look")
        return self._change(done.root, {**rules, "ours": ours})

    def make(self, change):
        """Make, as the port says."""
        self.before("access.make")
        now = self.text(change.root)
        if now == change.after:
            return
        if now != change.before:
            raise StaleError("somebody changed the rules meanwhile", hint="look")
        if self.refuses is not None:
            raise self.refuses
        self.rules[change.root] = change.after
        self.before("access.make done")

    def text(self, root):
        """Return the rules as they stand."""
        if root not in self.rules:
            raise StoreRefusedError("there is no such bucket", hint="look")
        return self.rules[root]

    def is_closed(self, place):
        """Tell whether somebody who is not one of us is kept out of *place*."""
        scheme, bucket, _ = key_prefix(place)
        ours = _read(self.text(f"{scheme}://{bucket}/"))["ours"]
        return any(place.startswith(each) for places in ours.values() for each in places)

    def _change(self, root, rules):
        after = json.dumps(rules, sort_keys=True) if rules["ours"] or rules["others"] else ""
        return Change(root, self.text(root), after)

    def _read(self, root):
        self.before("access.read")
        return _read(self.text(root))


def _read(text):
    return json.loads(text) if text else {"others": [], "ours": {}}


class MemoryBench:
    """What a test does around the port, on rules in memory."""

    def __init__(self):
        self.access = MemoryAccess()

    def root(self, *, ruled=True):
        """Return a new bucket."""
        root = f"s3://bucket-{next(_NAMES)}/"
        rules = {"others": ["the analyst reads"], "ours": {}}
        self.access.rules[root] = json.dumps(rules, sort_keys=True) if ruled else ""
        return root

    def text(self, root):
        """Return the rules as they are."""
        return self.access.text(root)

    def meaning(self, text):
        """Return what rules say, whatever their spelling."""
        return text

    def may_read(self, who, place):
        """Tell whether *who* gets at what is in *place*."""
        return who in ROLES or not self.access.is_closed(place)

    may_list = may_read

    def somebody_writes(self, root):
        """Add a rule as whoever manages the bucket would."""
        rules = _read(self.text(root))
        rules["others"].append("another reads")
        self.access.rules[root] = json.dumps(rules, sort_keys=True)

    def somebody_edits(self, root, mark):
        """Change our own rule as whoever manages the bucket might."""
        rules = _read(self.text(root))
        rules["ours"][mark] = rules["ours"][mark][:-1]
        self.access.rules[root] = json.dumps(rules, sort_keys=True)

    def somebody_ends(self, root, mark):
        """Take our rule away by hand."""
        rules = _read(self.text(root))
        del rules["ours"][mark]
        self.access.rules[root] = json.dumps(rules, sort_keys=True)


class BucketBench:
    """The same on a server; on moto, who may is read from the policy, for it lets everybody in."""

    def __init__(self, server, *, enforces):
        self.server, self.enforces = server, enforces
        self.client = lru_cache(maxsize=None)(server.client)  # one takes longer than what it asks
        self.access = S3Access(server.client("custodian"), exempt=EXEMPT)

    def root(self, *, ruled=True):
        """Return a new bucket, in which an analyst reads, writes and lists."""
        bucket = self.server.bucket()
        for key in ("p/x", "p-extra/x", "q/x"):
            bucket.put(key)
        root = bucket.place()
        if ruled:
            self._put(root, [*policy.statements_of(self.text(root)), *analyst(bucket.name)])
        return root

    def text(self, root):
        """Return the policy as it is."""
        try:
            return self.server.owner.get_bucket_policy(Bucket=_name(root))["Policy"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
            return ""

    def meaning(self, text):
        """Return what a policy says, whatever its spelling."""
        return policy.meaning(text)

    def may_read(self, who, place):
        """Tell whether *who* may read, or destroys and lists, in *place*."""
        bucket, prefix = _name(place), key_prefix(place)[2]
        if not self.enforces:
            return not self._denied(who, place, "s3:GetObject", f"{bucket}/{prefix}x", {})
        client = self.client(who)
        if who == "destroyer":  # of a version that never was: it may, and there is nothing to do
            asked = {"Objects": [{"Key": f"{prefix}x", "VersionId": "never"}]}
            said = client.delete_objects(Bucket=bucket, Delete=asked)
            return not any(e["Code"] == "AccessDenied" for e in said.get("Errors", []))
        if who in {"surveyor", "verifier"}:
            return _let(client.list_object_versions, Bucket=bucket, Prefix=prefix) and _let(
                client.list_multipart_uploads, Bucket=bucket, Prefix=prefix
            )
        if who == "custodian":
            return _let(client.get_bucket_policy, Bucket=bucket)
        return _let(client.get_object, Bucket=bucket, Key=f"{prefix}x")

    def may_list(self, who, place):
        """Tell whether *who* may list *place*."""
        bucket, prefix = _name(place), key_prefix(place)[2]
        if not self.enforces:
            return not self._denied(who, place, "s3:ListBucket", bucket, {"s3:prefix": prefix})
        client = self.client(who)
        return all(
            _let(each, Bucket=bucket, Prefix=prefix)
            for each in (client.list_objects_v2, client.list_object_versions)
        )

    def _denied(self, who, place, action, resource, context):
        asked = lockout.Request((ceph_principal(who),), action, f"arn:aws:s3:::{resource}", context)
        return lockout.denying(self.text(place), asked)

    def somebody_writes(self, root):
        """Add a statement as the owner would."""
        more = {
            "Sid": "Another",
            "Effect": "Allow",
            "Principal": {"AWS": ceph_principal("analyst")},
            "Action": "s3:GetObjectTagging",
            "Resource": f"arn:aws:s3:::{_name(root)}/*",
        }
        self._put(root, [*policy.statements_of(self.text(root)), more])

    def somebody_edits(self, root, mark):
        """Exempt one more from our own statement."""
        changed = []
        for each in policy.statements_of(self.text(root)):
            if policy.mark_of(each) == policy.short(mark):
                each["NotPrincipal"]["AWS"].append(ceph_principal("analyst"))
            changed.append(each)
        self._put(root, changed)

    def somebody_ends(self, root, mark):
        """Take our statements away by hand."""
        self.server.owner.put_bucket_policy(
            Bucket=_name(root), Policy=policy.without(self.text(root), mark)
        )

    def _put(self, root, statements):
        text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1)
        self.server.owner.put_bucket_policy(Bucket=_name(root), Policy=text)


def analyst(bucket):
    """Return the statements by which an analyst and an archivist use a bucket."""
    itself = f"arn:aws:s3:::{bucket}"
    actions = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:ListBucketVersions"]
    return [
        {
            "Sid": "Analyst",
            "Effect": "Allow",
            "Principal": {"AWS": [ceph_principal("analyst")]},
            "Action": actions,
            "Resource": [itself, f"{itself}/*"],
        },
        {
            "Sid": "Archivist",
            "Effect": "Allow",
            "Principal": {"AWS": [ceph_principal("archivist")]},
            "Action": ["s3:GetObject"],
            "Resource": f"{itself}/*",
        },
    ]


def _name(place):
    return key_prefix(place)[1]


def _let(call, **arguments):
    """Tell whether a call was let through; anything but a refusal is an error of the test."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
            raise
        return False
    return True
