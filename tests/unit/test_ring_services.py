"""The secrets of the services: made once, and kept when there are more services than there were."""

import json
import stat

from retention.adapters.seal.ring import service_secrets


def test_a_service_that_came_later_gets_a_secret_and_the_others_keep_theirs(tmp_path):
    path = tmp_path / "keys" / "services.json"
    first = service_secrets(path, ["planner", "issuer"])
    more = service_secrets(path, ["planner", "custodian"])
    assert {name: more[name] for name in first} == first
    assert sorted(more) == ["custodian", "issuer", "planner"]
    assert service_secrets(path, ["custodian"]) == more == json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(set(more.values())) == len(more)
