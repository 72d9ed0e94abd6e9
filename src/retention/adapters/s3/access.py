"""Access to buckets, withdrawn by one statement in the policy and given back by its removal.

S3 has no compare-and-set for a policy.  It is read right before it is put and again after, and
what is left between two calls is a fraction of a second in which another's change could be lost:
`infra/runbooks/access.md` says how that would be seen.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from retention.adapters.s3 import lockout, policy
from retention.adapters.s3.faults import FAULTS, code_of, store_error
from retention.adapters.s3.place import bucket_and_prefix
from retention.errors import RefusedError, StaleError, TooMuchError
from retention.ports.access import Change

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NONE: Final = "NoSuchBucketPolicy"


class S3Access:
    """Fits ``ports.access.WithdrawsAccess``, for buckets such as ``s3://records/``."""

    def __init__(self, client: "S3Client", *, exempt: Sequence[str]) -> None:
        """Ask through *client*, the custodian's; *exempt* are ARNs, the custodian's among them."""
        self._client = client
        self._exempt = tuple(exempt)

    def withdrawal(self, root: str, places: Sequence[str], mark: str) -> Change:
        """Return the change that closes *places* to everybody but the exempt; see the port."""
        if not self._exempt or not places:
            raise RefusedError(
                "nobody is named who keeps access, or no place to close",
                hint="set all of [access] in retention.toml, or leave it out",
            )
        bucket = bucket_and_prefix(root)[0]
        prefixes = [prefix for name, prefix in map(bucket_and_prefix, places) if name == bucket]
        if len(prefixes) != len(places):
            raise ValueError("a place lies in another bucket")
        before = self._read(bucket)
        rest = policy.without(before, mark)
        ours = policy.closing(bucket, prefixes, mark, self._exempt)
        after = policy.text_of(policy.document_of(rest), [*policy.statements_of(rest), *ours])
        if policy.meaning(after) == policy.meaning(before):
            return Change(root, before, before)
        self._require_open(bucket, prefixes, before=before, after=after)
        if len(after.encode()) > policy.SIZE_BYTES_MAX:
            raise TooMuchError(
                f"the policy of {bucket} would be larger than {policy.SIZE_BYTES_MAX:,} bytes",
                hint="access stays as it is there; propose fewer datasets at a time, or shorten it",
            )
        return Change(root, before, after)

    def restoration(self, done: Change, mark: str) -> Change:
        """Return the change that takes our statements away again; see the port."""
        bucket = bucket_and_prefix(done.root)[0]
        now = self._read(bucket)
        ours = policy.meaning(policy.only(now, mark))
        if not ours:
            return Change(done.root, now, now)
        as_left = policy.meaning(policy.only(done.after, mark))
        others, left = (policy.meaning(policy.without(text)) for text in (now, done.after))
        if ours != as_left or others != left:
            raise _changed(bucket)
        after = policy.without(now, mark)
        if policy.meaning(after) == policy.meaning(done.before):
            after = done.before  # letter by letter what it was
        return Change(done.root, now, after)

    def make(self, change: Change) -> None:
        """Put a planned policy if it is still the one that was read, and see that it stands."""
        bucket = bucket_and_prefix(change.root)[0]
        wanted = policy.meaning(change.after)
        now = policy.meaning(self._read(bucket))
        if now == wanted:
            return
        if now != policy.meaning(change.before):
            raise _changed(bucket)
        self._put(bucket, change.after)
        if policy.meaning(self._read(bucket)) != wanted:
            raise _changed(bucket)

    def _require_open(
        self, bucket: str, prefixes: Sequence[str], *, before: str, after: str
    ) -> None:
        """Raise RefusedError if one of our own would be locked out: then nothing is put."""
        shut = lockout.locked_out(
            before, after, bucket=bucket, prefixes=prefixes, exempt=self._exempt
        )
        if shut:
            raise RefusedError(
                f"the policy of {bucket} would lock out one of our own roles: {shut[0].action}",
                hint="nothing was changed: compare [access] in retention.toml with the roles",
            )

    def _read(self, bucket: str) -> str:
        try:
            return self._client.get_bucket_policy(Bucket=bucket)["Policy"]
        except FAULTS as error:
            if isinstance(error, ClientError) and code_of(error) == _NONE:
                return ""
            raise store_error(error) from None

    def _put(self, bucket: str, text: str) -> None:
        try:
            if policy.statements_of(text):
                self._client.put_bucket_policy(Bucket=bucket, Policy=text)
            else:  # a policy that says nothing is none
                self._client.delete_bucket_policy(Bucket=bucket)
        except FAULTS as error:
            raise store_error(error) from None


def _changed(bucket: str) -> StaleError:
    return StaleError(
        f"somebody changed the policy of {bucket} meanwhile: nothing of it was touched",
        hint="infra/runbooks/access.md says what to look at, and how to end it by hand",
    )
