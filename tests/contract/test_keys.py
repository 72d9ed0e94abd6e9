"""The Laws of ``ports.keys`` and ``ports.destruction.DestroysKeys``, on every key service we have.

moto is a look-alike, whose clock nobody can step; the other is written after the documentation of
AWS.  Where moto differs from that, a test shows how.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from retention.adapters.kms import KmsCancels, KmsDestroys, KmsKeys, Service
from retention.adapters.kms.looks import PAGES_MAX, look_of
from retention.domain.dataset import Answer
from retention.domain.erasure import Doubt, of_key
from retention.domain.key import WINDOW_DAYS, KeyLook, KeyState, is_key_arn
from retention.errors import StoreRefusedError, StoreUnavailableError
from retention.ports.destruction import DestroysKeys
from retention.ports.keys import CancelsKeyDeletion, Keys
from tests.support.kms import REGION, DocumentedKms, arn_of
from tests.support.memory import FixedClock

NOBODY = arn_of(0xFFFF)
DAY = timedelta(days=1)


class MotoKms:
    """What an owner does on moto, in the words of the other service."""

    def __init__(self, moto):
        self.service = Service(endpoint_url=moto.endpoint_url, login=lambda: ("any", "any", ""))
        self.client = self.service.of(NOBODY)
        for call in ("ScheduleKeyDeletion", "CancelKeyDeletion"):
            self.client.meta.events.register(f"before-parameter-build.kms.{call}", _bare)

    def of(self, arn):
        return self.service.of(arn)

    def make(self, *, origin="AWS_KMS"):
        return self.client.create_key(Origin=origin, MultiRegion=False)["KeyMetadata"]["Arn"]

    def name(self, arn, alias="alias/records"):
        alias = f"{alias}-{arn[-36:]}"
        self.client.create_alias(AliasName=alias, TargetKeyId=arn)
        return alias

    def grant(self, arn, times=1):
        who = "arn:aws:iam::111122223333:role/invented"
        for _ in range(times):
            self.client.create_grant(KeyId=arn, GranteePrincipal=who, Operations=["Decrypt"])

    def state(self, arn):
        return self.client.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]


def _bare(params, **_):
    """Name a key by its id alone: moto fails on what AWS takes, and what the adapter sends."""
    params["KeyId"] = params["KeyId"].rpartition("/")[2]


@dataclass(frozen=True)
class Bench:
    """A service, and each port on it."""

    service: object
    looks: Keys
    destroys: DestroysKeys
    cancels: CancelsKeyDeletion


@pytest.fixture(params=["documented", "moto"])
def bench(request):
    if request.param == "moto":
        return _bench(MotoKms(request.getfixturevalue("moto")))
    return _bench(DocumentedKms(FixedClock(datetime(2026, 11, 2, 9, tzinfo=UTC))))


@pytest.fixture
def documented():
    return _bench(DocumentedKms(FixedClock(datetime(2026, 11, 2, 9, tzinfo=UTC))))


def _bench(service):
    return Bench(service, KmsKeys(service), KmsDestroys(service), KmsCancels(service))


# Looking


def test_a_plain_key_is_shown_whole_and_leaves_no_doubt(bench):
    look = bench.looks.look(bench.service.make())
    good = (look.customers, look.imported, look.elsewhere, look.is_replica)
    assert look.state is KeyState.ENABLED
    assert good == (True, False, False, False)
    assert (look.replicas, look.grants, look.aliases, look.deletion_at) == (0, 0, 0, None)
    assert of_key(look) == ()


def test_a_key_that_is_not_there_is_absent(bench):
    assert bench.looks.look(NOBODY) == KeyLook(state=KeyState.ABSENT)


@pytest.mark.parametrize(
    "name",
    ["alias/records", f"arn:aws:kms:{REGION}:111122223333:alias/records", "", NOBODY + "/",
     NOBODY.rpartition("/")[2], NOBODY.upper(), f" {NOBODY}", NOBODY.replace(":kms:", ":s3:")],
)  # fmt: skip
def test_whatever_is_no_arn_of_a_key_is_refused_before_anything_is_sent(bench, name):
    with pytest.raises(ValueError, match="not the ARN"):
        bench.looks.look(name)
    assert bench.destroys.destroy_key(name, window_days=7).answer is Answer.REFUSED
    assert bench.cancels.cancel(name) is Answer.REFUSED


def test_an_alias_that_leads_to_a_key_ends_nothing(bench):
    arn = bench.service.make()
    alias = bench.service.name(arn)
    assert bench.destroys.destroy_key(alias, window_days=7).answer is Answer.REFUSED
    assert bench.service.state(arn) == "Enabled"
    assert bench.looks.look(arn).aliases == 1


def test_looking_changes_nothing(bench):
    arn = bench.service.make()
    assert bench.looks.look(arn) == bench.looks.look(arn)


def test_every_page_of_grants_is_counted(bench):
    arn = bench.service.make()
    bench.service.grant(arn, times=5)
    assert bench.looks.look(arn).grants == 5


# Ordering


@pytest.mark.parametrize("window", [7, 30])
def test_an_order_that_is_taken_makes_the_key_unusable_and_names_the_day(bench, window):
    arn = bench.service.make()
    said = bench.destroys.destroy_key(arn, window_days=window)
    assert (said.answer, said.why) == (Answer.TAKEN, ())
    look = bench.looks.look(arn)
    assert look.state is KeyState.PENDING
    assert abs(look.deletion_at - said.gone_at) < timedelta(minutes=1)


@pytest.mark.parametrize("window", [-1, 0, 1, 6, 31, 365])
def test_a_period_that_the_service_would_not_take_is_refused(bench, window):
    arn = bench.service.make()
    assert window not in WINDOW_DAYS
    assert bench.destroys.destroy_key(arn, window_days=window).answer is Answer.REFUSED
    assert bench.service.state(arn) == "Enabled"


def test_what_is_pending_is_not_ordered_again_and_its_day_stays(bench):
    arn = bench.service.make()
    first = bench.destroys.destroy_key(arn, window_days=7)
    again = bench.destroys.destroy_key(arn, window_days=30)
    assert again.answer is Answer.NOT_ASKED
    assert abs(again.gone_at - first.gone_at) < timedelta(minutes=1)


def test_a_key_that_is_not_there_is_refused(bench):
    said = bench.destroys.destroy_key(NOBODY, window_days=7)
    assert (said.answer, said.why) == (Answer.REFUSED, (Doubt.ABSENT,))


def test_imported_material_could_come_again(bench):
    arn = bench.service.make(origin="EXTERNAL")
    assert Doubt.IMPORTED in bench.destroys.destroy_key(arn, window_days=7).why
    assert bench.looks.look(arn).imported
    assert bench.looks.look(arn).state is not KeyState.PENDING


def test_what_others_were_granted_is_shared(bench):
    arn = bench.service.make()
    bench.service.grant(arn)
    said = bench.destroys.destroy_key(arn, window_days=7)
    assert (said.answer, said.why) == (Answer.REFUSED, (Doubt.GRANTED,))
    assert bench.service.state(arn) == "Enabled"


# Withdrawing


def test_a_withdrawn_order_leaves_the_key_disabled_and_is_safe_to_repeat(bench):
    arn = bench.service.make()
    bench.destroys.destroy_key(arn, window_days=7)
    assert bench.cancels.cancel(arn) is Answer.TAKEN
    assert bench.cancels.cancel(arn) is Answer.TAKEN
    look = bench.looks.look(arn)
    assert (look.state, look.deletion_at) == (KeyState.DISABLED, None)


def test_a_key_that_is_gone_cannot_be_called_back(bench):
    assert bench.cancels.cancel(NOBODY) is Answer.REFUSED


# What only a clock, or a whole service, can show


def test_a_key_is_gone_only_after_its_day(documented):
    arn = documented.service.make()
    said = documented.destroys.destroy_key(arn, window_days=7)
    documented.service.clock.moment = said.gone_at
    assert documented.looks.look(arn).state is KeyState.PENDING
    documented.service.clock.moment = said.gone_at + timedelta(seconds=1)
    assert documented.looks.look(arn).state is KeyState.ABSENT
    assert documented.cancels.cancel(arn) is Answer.REFUSED


def test_nobody_uses_a_key_while_it_is_pending_nor_after_its_order_was_withdrawn(documented):
    arn = documented.service.make()
    documented.destroys.destroy_key(arn, window_days=7)
    with pytest.raises(ClientError, match="KMSInvalidStateException"):
        documented.service.encrypt(arn)
    documented.cancels.cancel(arn)
    with pytest.raises(ClientError, match="KMSInvalidStateException"):
        documented.service.encrypt(arn)


@pytest.mark.parametrize(
    ("made", "doubt"),
    [
        ({"manager": "AWS"}, Doubt.NOT_OURS),
        ({"origin": "AWS_CLOUDHSM", "store": "cks-1"}, Doubt.OWN_STORE),
        ({"origin": "EXTERNAL_KEY_STORE", "store": "cks-2"}, Doubt.OWN_STORE),
        ({"origin": "SOMETHING_NEW"}, Doubt.OWN_STORE),
    ],
)
def test_what_is_held_elsewhere_or_by_the_provider_is_refused(documented, made, doubt):
    arn = documented.service.make(**made)
    said = documented.destroys.destroy_key(arn, window_days=7)
    assert (said.answer, said.why) == (Answer.REFUSED, (doubt,))
    assert documented.service.state(arn) == "Enabled"


def test_a_replica_is_refused_for_its_material_lies_in_the_primary(documented):
    replica = documented.service.replicate(documented.service.make(many=True))
    why = documented.destroys.destroy_key(replica, window_days=7).why
    assert Doubt.REPLICA in why
    assert documented.service.state(replica) == "Enabled"


def test_a_primary_with_replicas_waits_for_them(documented):
    arn = documented.service.make(many=True)
    documented.service.replicate(arn)
    said = documented.destroys.destroy_key(arn, window_days=7)
    assert (said.answer, said.why) == (Answer.REFUSED, (Doubt.REPLICAS,))


def test_a_multi_region_key_without_replicas_may_go(documented):
    arn = documented.service.make(many=True)
    assert documented.destroys.destroy_key(arn, window_days=7).answer is Answer.TAKEN


def test_a_primary_that_waits_for_replicas_waits_for_ever(documented):
    """As the documentation says; and we would not have ordered it."""
    service, clock = documented.service, documented.service.clock
    arn = service.make(many=True)
    replica = service.replicate(arn)
    said = service.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert "DeletionDate" not in said
    clock.step(days=4000)
    assert documented.looks.look(arn).state is KeyState.WAITS_FOR_REPLICAS
    assert documented.looks.look(arn).deletion_at is None
    service.schedule_key_deletion(KeyId=replica, PendingWindowInDays=7)
    clock.step(days=8)
    assert documented.looks.look(replica).state is KeyState.ABSENT
    assert documented.looks.look(arn).deletion_at == clock.now() + 7 * DAY


def test_when_it_was_last_used_is_told(documented):
    arn = documented.service.make()
    documented.service.encrypt(arn)
    assert documented.looks.look(arn).used_at == documented.service.clock.now()


def test_what_is_refused_is_not_known_and_never_reads_as_a_good_answer(documented):
    arn = documented.service.make()
    documented.service.denied |= {"list_grants", "list_aliases", "get_key_last_usage"}
    look = documented.looks.look(arn)
    assert (look.grants, look.aliases, look.used_at) == (None, None, None)
    said = documented.destroys.destroy_key(arn, window_days=7)
    assert (said.answer, said.why) == (Answer.REFUSED, (Doubt.NOT_TOLD,))


def test_more_pages_than_anybody_has_are_no_count(documented):
    arn = documented.service.make()
    documented.service.grant(arn, times=2 * PAGES_MAX + 3)
    assert documented.looks.look(arn).grants in {None, 2 * PAGES_MAX + 1}
    assert Doubt.GRANTED in of_key(documented.looks.look(arn))


@pytest.mark.parametrize(
    "missing", ["KeyManager", "Origin", "MultiRegion", "KeyState", "MultiRegionConfiguration"]
)
def test_metadata_that_lack_something_leave_a_doubt(documented, missing):
    arn = documented.service.make(many=True)
    said = documented.service.describe_key(KeyId=arn)["KeyMetadata"]
    del said[missing]
    assert of_key(look_of(said, grants=0)) != ()


def test_a_role_that_may_not_describe_is_told_so(documented):
    arn = documented.service.make()
    documented.service.denied.add("describe_key")
    with pytest.raises(StoreRefusedError, match="AccessDeniedException"):
        documented.looks.look(arn)
    assert documented.destroys.destroy_key(arn, window_days=7).answer is Answer.REFUSED
    assert documented.cancels.cancel(arn) is Answer.REFUSED


def test_no_answer_is_unknown(documented):
    arn = documented.service.make()
    documented.service.dead = True
    with pytest.raises(StoreUnavailableError):
        documented.looks.look(arn)
    assert documented.destroys.destroy_key(arn, window_days=7).answer is Answer.UNKNOWN
    assert documented.cancels.cancel(arn) is Answer.UNKNOWN


def test_an_answer_about_another_key_is_no_answer(documented):
    one, other = documented.service.make(), documented.service.make()
    documented.service.keys[one] = documented.service.keys[other]
    assert documented.looks.look(one) == KeyLook(state=KeyState.OTHER)
    assert documented.destroys.destroy_key(one, window_days=7).answer is Answer.REFUSED
    assert documented.cancels.cancel(one) is Answer.REFUSED
    assert documented.service.state(other) == "Enabled"


# Where moto differs from the documentation


@pytest.fixture
def lax(moto):
    service = Service(endpoint_url=moto.endpoint_url, login=lambda: ("any", "any", ""))
    return service.of(NOBODY)


def test_moto_fails_on_an_arn_that_aws_takes(lax):
    arn = lax.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError) as failed:
        lax.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_moto_lets_a_key_that_is_pending_be_used_and_ordered_again(lax):
    made = lax.create_key()["KeyMetadata"]["KeyId"]
    lax.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    lax.schedule_key_deletion(KeyId=made, PendingWindowInDays=30)
    assert lax.encrypt(KeyId=made, Plaintext=b"invented")["CiphertextBlob"]


def test_moto_names_multi_region_keys_as_aws_never_does(lax):
    assert not is_key_arn(lax.create_key(MultiRegion=True)["KeyMetadata"]["Arn"])
    assert is_key_arn(arn_of(1, many=True))


def test_moto_knows_no_waiting_for_replicas(lax):
    made = lax.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    lax.replicate_key(KeyId=made, ReplicaRegion="eu-west-1")
    lax.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    assert lax.describe_key(KeyId=made)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_moto_takes_any_period_and_does_nothing(lax):
    made = lax.create_key()["KeyMetadata"]["KeyId"]
    assert "KeyState" not in lax.schedule_key_deletion(KeyId=made, PendingWindowInDays=31)
    assert lax.describe_key(KeyId=made)["KeyMetadata"]["KeyState"] == "Enabled"


def test_moto_imports_nothing_and_calls_the_key_enabled(lax):
    made = lax.create_key(Origin="EXTERNAL")["KeyMetadata"]
    assert made["KeyState"] == "Enabled"  # PendingImport, by the documentation
