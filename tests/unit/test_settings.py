import pytest

from retention.errors import AgreementError
from retention.running import CREDENTIALS, for_pool
from retention.settings import Settings, policy_files

SECRETS = {
    f"RETENTION_S3_{role}_{part}": f"{role}-{part}"
    for role in ("SURVEYOR", "DESTROYER", "VERIFIER")
    for part in ("ACCESS_KEY", "SECRET_KEY")
}


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


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("polices = 'x'", "polices"),
        ("[s3]\nsecret_key = 'x'", "secret_key"),
        ("home = ", "TOML"),
        ("[mail]\nport = 'ten'", "port (a number)"),
        ("s3 = 'x'", "s3"),
    ],
)
def test_a_word_that_is_none_of_ours_is_refused(tmp_path, text, what):
    (tmp_path / "retention.toml").write_text(text)
    with pytest.raises(AgreementError) as error:
        Settings.read({}, tmp_path)
    assert what in f"{error.value} {error.value.hint}"


def test_no_secret_is_in_a_repr(tmp_path):
    settings = Settings.read({**SECRETS, "PREFECT_API_AUTH_STRING": "pool:hidden"}, tmp_path)
    assert "SECRET_KEY" not in repr(settings)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize("pool", sorted(CREDENTIALS))
def test_each_process_is_given_the_credentials_of_its_roles_and_no_other(pool):
    given = for_pool({**SECRETS, "PATH": "/bin", "RETENTION_S3_REGION": "x"}, pool)
    roles = {name.split("_")[2].lower() for name in given if name.endswith("SECRET_KEY")}
    assert roles == CREDENTIALS[pool]
    assert given["PATH"] == "/bin"
    assert given["RETENTION_S3_REGION"] == "x"


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
