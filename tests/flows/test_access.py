"""The flow that withdraws access: it hands on when it is done, and leaves to people what is theirs."""

import pytest

from flows.access import access
from retention import wiring
from retention.domain.canonical import sha256
from retention.errors import NotAuthorisedError, RefusedError, StaleError
from retention.ports.access import Change
from retention.settings import Settings
from tests.support.accesses import MARKS, analyst
from tests.support.memory import FixedClock
from tests.support.policies import DEMO


@pytest.mark.server
def test_it_hands_on_when_it_is_done_and_a_changed_policy_is_not_tried_again(stage, runs):
    proposal = sha256(b"one whose access is withdrawn")
    assert runs.go(access, stage.start("access", proposal)) == "Completed"
    assert runs.work.notes()[-2:] == [f"access {proposal}", "hand_on all"]
    runs.work.failures = [StaleError("somebody changed the policy", hint="look") for _ in "12"]
    assert runs.go(access, stage.start("access", sha256(b"another"))) == "Failed"
    assert len(runs.work.failures) == 1


GIVEN = {
    **{
        f"RETENTION_ACCESS_{role.upper()}": f"arn:aws:iam:::user/{role}"
        for role in ("surveyor", "destroyer", "verifier", "custodian")
    },
    "RETENTION_S3_CUSTODIAN_ACCESS_KEY": "custodian",
    "RETENTION_S3_CUSTODIAN_SECRET_KEY": "any",
    "RETENTION_POLICIES": str(DEMO),
}


def composed(folder, **environment):
    return wiring.Composition(Settings.read(environment, folder), FixedClock())


def test_a_process_of_another_pool_cannot_withdraw_access(tmp_path):
    work = composed(tmp_path)
    assert not work.has_custodian
    with pytest.raises(NotAuthorisedError) as caught:
        work.withdraws_access()
    assert "RETENTION_S3_CUSTODIAN" in caught.value.hint


def test_what_is_composed_spares_whom_the_settings_name_and_nobody_else(moto, tmp_path):
    work = composed(tmp_path, RETENTION_S3_ENDPOINT_URL=moto.endpoint_url, **GIVEN)
    assert work.has_custodian
    root = moto.bucket().place()
    plan = work.withdraws_access().withdrawal(root, [f"{root}p/"], MARKS[0])
    assert set(work.settings.access.values()) <= set(plan.after.split('"'))
    assert not any(each["Principal"]["AWS"][0] in plan.after for each in analyst("any")[:1])
    nobody = {name: v for name, v in GIVEN.items() if "ACCESS_KEY" in name or "SECRET" in name}
    work = composed(tmp_path, RETENTION_S3_ENDPOINT_URL=moto.endpoint_url, **nobody)
    with pytest.raises(RefusedError):
        work.withdraws_access().withdrawal(root, [f"{root}p/"], MARKS[0])
    assert work.withdraws_access().restoration(Change(root, "", ""), MARKS[0]).is_made
