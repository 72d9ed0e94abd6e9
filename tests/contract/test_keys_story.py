"""One whole story on real adapters: versions in S3 under a key of KMS, until the key is pending."""

import pytest

from retention.adapters.kms import Service
from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.lists import S3Lists
from retention.adapters.s3.probe import S3Probes
from retention.domain.certificate import Certificate
from retention.domain.entry import Entry
from retention.domain.erasure import Doubt, doubts_in
from tests.support.keyed import KeyedWorld, keyed
from tests.support.kms import arn_of

BUCKETS = ("keyed-records", "keyed-dr", "keyed-backup")
REGION = "us-east-1"  # where moto makes buckets


class RealStore:
    """The adapters of one server, each with a login of its own; its buckets have longer names."""

    def __init__(self, moto):
        self.fast, self.lister = moto.fast("surveyor"), S3Lists(moto.client("verifier"))
        self.probes, self.destroys = (
            S3Probes(moto.client("surveyor")),
            S3Destroys(moto.client("destroyer")),
        )

    def versions(self, place):
        return self.lister.versions(real(place))

    def sweep(self, place, spans):
        return self.fast.sweep(real(place), spans)

    def uploads(self, place):
        return self.fast.uploads(real(place))

    def look(self, place, version, *, locks):
        return self.probes.look(real(place), version, locks=locks)

    def capabilities(self, place, *, only=()):
        return self.probes.capabilities(real(place), only=only)

    def destroy(self, place, versions):
        return self.destroys.destroy(real(place), versions)


def real(place):
    return place.replace("s3://", "s3://keyed-", 1)


@pytest.fixture
def world(moto):
    """A world whose buckets, and whose key, are on the server."""
    for name in BUCKETS:
        if name not in {b["Name"] for b in moto.owner.list_buckets()["Buckets"]}:
            moto.owner.create_bucket(Bucket=name)
        moto.owner.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    service = Service(endpoint_url=moto.endpoint_url, login=lambda: ("any", "any", ""))
    client = service.of(arn_of(0, REGION))
    for call in ("ScheduleKeyDeletion", "CancelKeyDeletion"):
        client.meta.events.register(f"before-parameter-build.kms.{call}", _bare)
    world = KeyedWorld()
    world.store, world.kms = RealStore(moto), service
    world.key = client.create_key(MultiRegion=False)["KeyMetadata"]["Arn"]
    (kind,) = world.library.now.classes
    object.__setattr__(kind, "copies", kind.copies[:2])
    world.library.now = keyed(world.library.now, world.key)
    world.owner = moto.owner
    yield world
    for name in BUCKETS:
        said = moto.owner.list_object_versions(Bucket=name)
        for row in said.get("Versions", []) + said.get("DeleteMarkers", []):
            moto.owner.delete_object(Bucket=name, Key=row["Key"], VersionId=row["VersionId"])


def _bare(params, **_):
    params["KeyId"] = params["KeyId"].rpartition("/")[2]  # as moto wants it


def put(world, key, bucket="records", under=None):
    wrapped = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": under or world.key}
    world.owner.put_object(Bucket=f"keyed-{bucket}", Key=key, Body=b"invented", **wrapped)


def work(world):
    world.publish()
    proposal = world.gone()
    for _ in range(6):
        world.advance()
        for flow, about in world.next_steps():
            getattr(world, flow)(about)
    return proposal


def state(world):
    return world.kms.of(world.key).describe_key(KeyId=world.key)["KeyMetadata"]["KeyState"]


def test_a_key_of_which_all_is_known_is_pending_at_the_end_and_shown_so(world):
    for key in ("patient/2019/a", "patient/2019/b"):
        put(world, key)
        put(world, key, "dr")
    put(world, "patient/2019/a", "backup")  # ages out: the end of the key is meant for it
    proposal = work(world)
    assert state(world) == "PendingDeletion"
    record = world.case(proposal).certified["interim"]
    made = Certificate.read(world.evidence.read(record.text("statement")))
    (key,) = [copy for copy in made.residuals if copy.kind == "key"]
    assert key.is_pending
    assert key.key.unusable_since == world.kinds(Entry.KEY_OUTCOME)[0].at


def test_one_version_elsewhere_under_the_same_key_keeps_it(world):
    put(world, "patient/2019/a")
    put(world, "somebody/elses", "dr")
    work(world)
    assert state(world) == "Enabled"
    assert doubts_in(world.kinds(Entry.KEY_KEPT)[0].text("why")) == (Doubt.SHARED,)


def test_versions_under_no_key_prove_that_the_key_protects_nothing(world):
    world.owner.put_object(Bucket="keyed-records", Key="patient/2019/a", Body=b"invented")
    work(world)
    assert state(world) == "Enabled"
    assert doubts_in(world.kinds(Entry.KEY_KEPT)[0].text("why")) == (Doubt.NOT_UNDER_IT,)
