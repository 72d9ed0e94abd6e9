"""Where a besieged world lies: on a store in memory, or on the Ceph object gateway."""

from retention.adapters.s3.probe import S3Probes
from tests.support.besieged import COPIES, Besieged
from tests.support.s3_http import ForwardS3, MemoryS3
from tests.support.stores import GOOD


class OnMemory(Besieged):
    """A besieged world whose store is in memory, behind the server."""

    def backend(self):
        return MemoryS3(self.store, self.logins)

    def end(self, row):
        """End one version, as anybody might."""
        self.buckets[row[0]].held.discard(row[1])

    def lock(self, row):
        """Let the store refuse to end one version."""
        self.store.locked.add(row[1])


class OnCeph(Besieged):
    """A besieged world whose store is the Ceph object gateway, behind the server."""

    read_timeout_s = 3.0  # it takes its time with each version of a list

    def __init__(self, folder, endpoint_url, ceph):
        buckets = {name: ceph.bucket(lock=True) for name in COPIES}
        names = {name: bucket.name for name, bucket in buckets.items()}
        super().__init__(folder, endpoint_url, _Users(ceph.secrets), names)
        self.buckets, self._ceph = buckets, ceph
        self.store = _InPeace(ceph)

    def backend(self):
        return ForwardS3(self._ceph.endpoint_url.removeprefix("http://"))

    @property
    def held(self):
        """All that is there, as the owner lists it."""
        lister = self._ceph.fast("owner")
        return {
            (name, version)
            for name, bucket in self.buckets.items()
            for version in lister.versions(bucket.place())
        }

    def end(self, row):
        """End one version, as its owner might."""
        name, version = row
        where = {"Bucket": self.buckets[name].name, "Key": version.key}
        if version.kind.value == "upload":
            self._ceph.owner.abort_multipart_upload(**where, UploadId=version.version_id)
        else:
            self._ceph.owner.delete_object(**where, VersionId=version.version_id)

    def lock(self, row):
        """Lay a legal hold on one version, if it can have one and is there."""
        if row[1].kind.value == "data" and row in self.held:
            self.buckets[row[0]].lock(row[1])


class _Users:
    """Who may log in at the gateway, for good."""

    token = ""

    def __init__(self, secrets):
        self.secrets = secrets


class _InPeace:
    """The gateway, asked directly: nothing befalls a survey."""

    def __init__(self, ceph):
        lister = ceph.fast("surveyor")
        self.versions, self.sweep, self.uploads = lister.versions, lister.sweep, lister.uploads
        self.look = S3Probes(ceph.client("verifier")).look

    def capabilities(self, place, *, only=()):
        return GOOD
