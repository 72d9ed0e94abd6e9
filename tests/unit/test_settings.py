from datetime import timedelta

import pytest

from retention.domain.store import Store
from retention.errors import AgreementError
from retention.running import CREDENTIALS, for_pool
from retention.settings import Settings, policy_files

SECRETS = {
    f"RETENTION_S3_{role}_{part}": f"{role}-{part}"
    for role in ("SURVEYOR", "DESTROYER", "VERIFIER", "CUSTODIAN")
    for part in ("ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "FILE")
}
SPARED = "[access]\n" + "".join(
    f"{role} = 'arn:aws:iam:::user/{role}'\n"
    for role in ("surveyor", "destroyer", "verifier", "custodian")
)
NOBODY = (  # patterns, accounts and sessions: more than one, or one that comes and goes
    "*",
    "arn:aws:iam::123456789012:role/*",
    "arn:aws:iam::123456789012:root",
    "arn:aws:sts::123456789012:assumed-role/x/y",
    "123456789012",
    "arn:aws:iam:::user/a b",
    "arn:aws:iam:::role/x",  # of Ceph, which would not know its sessions
    "arn:aws:iam::tenant:role/x",
)
ROLES_GIVEN = {name: value for name, value in SECRETS.items() if not name.endswith("FILE")}


def test_an_empty_folder_has_settings(tmp_path):
    settings = Settings.read({}, tmp_path)
    assert settings.home == tmp_path / "var"
    assert settings.databases["ledger"] == f"sqlite:///{tmp_path}/var/ledger.db"
    assert settings.credentials == {}


def test_the_environment_wins_over_the_file(tmp_path):
    (tmp_path / "retention.toml").write_text('home = "elsewhere"\n[s3]\nregion = "eu-west-1"\n')
    settings = Settings.read({"RETENTION_S3_REGION": "eu-west-2"}, tmp_path)
    assert settings.home == tmp_path / "elsewhere"
    assert settings.s3_region == "eu-west-2"


def test_a_key_service_is_amazons_unless_another_is_named(tmp_path):
    assert Settings.read({}, tmp_path).kms_endpoint_url is None
    (tmp_path / "retention.toml").write_text('[kms]\nendpoint_url = "http://127.0.0.1:1"\n')
    assert Settings.read({}, tmp_path).kms_endpoint_url == "http://127.0.0.1:1"
    said = {"RETENTION_KMS_ENDPOINT_URL": "http://127.0.0.1:2"}
    assert Settings.read(said, tmp_path).kms_endpoint_url == "http://127.0.0.1:2"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("polices = 'x'", "polices"),
        ("[s3]\nsecret_key = 'x'", "secret_key"),
        ("[kms]\nregion = 'eu-west-2'", "region"),
        ("home = ", "TOML"),
        ("[mail]\nport = 'ten'", "port (a number)"),
        ("s3 = 'x'", "s3"),
        ("[stores.records]\nplaces = 's3://records/'", "places"),
        ("[stores]\nrecords = 's3://records/'", "stores"),
        ("[stores.records]\nplace = 's3://records'", "names no store"),
        ("[stores.records]\nplace = 'paper://box/'", "names no store"),
        ("[stores.records]\ninventory = 's3://lists/records/'", "names no store"),
        ("[stores.'a b']\nplace = 's3://records/'", "names no store"),
        ("[access]\narchivists = 'arn:aws:iam:::user/x'", "archivists"),
        ("[access]\nsurveyor = 'arn:aws:iam:::user/x'", "destroyer, verifier, custodian"),
        *((f"{SPARED}archivist = '{arn}'", "archivist") for arn in NOBODY),
        ("[stores.a]\nplace = 's3://b/x/y/'\n[stores.c]\nplace = 's3://b/x/'", "another store"),
    ],
)
def test_a_word_that_is_none_of_ours_is_refused(tmp_path, text, what):
    (tmp_path / "retention.toml").write_text(text)
    with pytest.raises(AgreementError) as error:
        Settings.read({}, tmp_path)
    assert what in f"{error.value} {error.value.hint}"


def test_no_secret_is_in_a_repr(tmp_path):
    settings = Settings.read({**ROLES_GIVEN, "PREFECT_API_AUTH_STRING": "pool:hidden"}, tmp_path)
    assert "SECRET_KEY" not in repr(settings)
    assert "hidden" not in repr(settings)


def test_stores_are_named_in_the_file(tmp_path):
    (tmp_path / "retention.toml").write_text(
        "[stores.records]\nplace = 's3://records/ours/'\ninventory = 's3://lists/records/all/'\n"
    )
    assert Settings.read({}, tmp_path).stores == [
        Store("records", "s3://records/ours/", "s3://lists/records/all/")
    ]


def test_a_credential_can_stand_in_a_file_that_somebody_renews(tmp_path):
    file = tmp_path / "surveyor.json"
    file.write_text('{"Version": 1, "AccessKeyId": "one", "SecretAccessKey": "hidden"}')
    settings = Settings.read({"RETENTION_S3_SURVEYOR_FILE": str(file)}, tmp_path)
    given = settings.credentials["surveyor"]
    assert (given.access_key, given.session_token) == ("one", "")
    file.write_text('{"AccessKeyId": "two", "SecretAccessKey": "x", "SessionToken": "hidden"}')
    assert (given.fresh().access_key, given.fresh().session_token) == ("two", "hidden")
    assert "hidden" not in repr((given, given.fresh()))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"AccessKeyId": "one"}', '{"AccessKeyId": 1}'])
def test_a_file_that_holds_no_credential_is_refused_without_its_words(tmp_path, text):
    file = tmp_path / "surveyor.json"
    file.write_text(text)
    with pytest.raises(AgreementError, match="the file of a credential"):
        Settings.read({"RETENTION_S3_SURVEYOR_FILE": str(file)}, tmp_path)


@pytest.mark.parametrize("pool", sorted(CREDENTIALS))
def test_each_process_is_given_the_credentials_of_its_roles_and_no_other(pool):
    given = for_pool({**SECRETS, "PATH": "/bin", "RETENTION_S3_REGION": "x"}, pool)
    secrets = [name.split("_", 3) for name in given if name in SECRETS]
    assert {role.lower() for _, _, role, _ in secrets} == CREDENTIALS[pool]
    assert len(secrets) == 4 * len(CREDENTIALS[pool])
    assert given["PATH"] == "/bin"
    assert given["RETENTION_S3_REGION"] == "x"


def test_only_the_custodians_pool_can_change_who_reaches_a_bucket():
    assert [pool for pool, roles in CREDENTIALS.items() if "custodian" in roles] == ["custodian"]
    assert CREDENTIALS["custodian"] == {"custodian"}


def test_who_keeps_access_stands_in_the_file_or_in_the_environment(tmp_path):
    assert Settings.read({}, tmp_path).access == {}
    (tmp_path / "retention.toml").write_text(SPARED)
    arn = "arn:aws-us-gov:iam::123456789012:role/a/path/archivist"
    found = Settings.read({"RETENTION_ACCESS_ARCHIVIST": arn}, tmp_path).access
    assert found.pop("archivist") == arn
    assert found == {role: f"arn:aws:iam:::user/{role}" for role in found}
    assert sorted(found) == ["custodian", "destroyer", "surveyor", "verifier"]


def test_only_the_destroyers_pool_can_destroy():
    able = [pool for pool, roles in CREDENTIALS.items() if "destroyer" in roles]
    assert able == ["destroyer"]
    assert not CREDENTIALS["verifier"] & CREDENTIALS["destroyer"]


def test_no_policy_file_is_passed_over(tmp_path):
    for name in ("parties.toml", "NACEL/v1.toml", "nacel/version1.toml", "README.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    assert set(policy_files(tmp_path)) == {"parties.toml", "NACEL/v1.toml", "nacel/version1.toml"}


def test_a_heartbeat_has_its_hours_and_takes_others_within_reason(tmp_path):
    usual = Settings.read({}, tmp_path).heartbeat
    assert (usual.survey_within, usual.grace) == (timedelta(hours=26), timedelta(hours=4))
    (tmp_path / "retention.toml").write_text("[heartbeat]\nsurvey_hours = 50\ngrace_hours = 1\n")
    said = Settings.read({}, tmp_path).heartbeat
    assert (said.survey_within, said.grace) == (timedelta(hours=50), timedelta(hours=1))
    for odd in ("survey_hours = 0", "grace_hours = 49"):
        (tmp_path / "retention.toml").write_text(f"[heartbeat]\n{odd}\n")
        with pytest.raises(AgreementError, match="heartbeat"):
            Settings.read({}, tmp_path)


def test_a_proxy_is_believed_at_its_addresses_and_people_then_come_by_it_alone(tmp_path):
    (tmp_path / "retention.toml").write_text(
        '[gate]\nproxy_header = "X-Remote-User"\nproxy_addresses = ["10.0.0.7", "10.1.0.0/24"]\n'
        "idle_minutes = 30\nsession_hours = 8\n"
    )
    gate = Settings.read({}, tmp_path).gate
    assert (gate.idle_s, gate.whole_s) == (1800, 28800)
    assert gate.proxy.is_at("10.1.0.9")
    assert not gate.proxy.is_at("10.2.0.9")
    assert not gate.proxy.passwords


@pytest.mark.parametrize(
    "text",
    [
        'proxy_header = "X-Remote-User"',
        'proxy_addresses = ["10.0.0.7"]',
        'proxy_header = "X-Remote-User"\nproxy_addresses = [7]',
        'proxy_header = "X-Remote-User"\nproxy_addresses = ["0.0.0.0/0"]',
        "proxy_passwords = true",
        "idle_minutes = 0",
        "session_hours = 1000",
    ],
)
def test_half_a_proxy_and_a_session_without_end_are_refused(tmp_path, text):
    (tmp_path / "retention.toml").write_text(f"[gate]\n{text}\n")
    with pytest.raises(AgreementError, match=r"\[gate\]"):
        Settings.read({}, tmp_path)


def test_without_a_word_people_log_in_by_password_for_an_hour_idle_and_half_a_day(tmp_path):
    gate = Settings.read({}, tmp_path).gate
    assert (gate.idle_s, gate.whole_s, gate.proxy) == (3600, 43200, None)
