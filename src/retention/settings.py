"""What a machine is told: from ``retention.toml`` and ``RETENTION_*``, and nowhere else.

Paths in the file are relative to it.  Secrets come by the environment or by files that the
environment names, one credential for each role; the file holds none.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from retention.domain.pattern import key_prefix
from retention.domain.proxy import Proxy
from retention.domain.store import SCHEME, Store
from retention.errors import AgreementError

FILE = "retention.toml"
CONFIG = "RETENTION_CONFIG"  # names another file than the one in this folder
ROLES = ("surveyor", "destroyer", "verifier", "custodian")
EXEMPT = ("surveyor", "destroyer", "verifier", "custodian")  # who must keep access
ALSO_EXEMPT = ("archivist",)
STORES = "stores.NAME"  # a table for each store that is named here
KNOWN: Mapping[str, Mapping[str, type]] = {
    "": {
        "home": str,
        "policies": str,
        "checkpoints": str,
        "databases": dict,
        "s3": dict,
        "kms": dict,
        "stores": dict,
        "access": dict,
        "mail": dict,
        "serve": dict,
        "disposal": dict,
        "gate": dict,
        "heartbeat": dict,
    },
    "databases": {"ledger": str, "catalogue": str, "identities": str, "prefect": str},
    "s3": {"endpoint_url": str, "region": str},
    "kms": {"endpoint_url": str},
    "access": dict.fromkeys((*EXEMPT, *ALSO_EXEMPT), str),
    STORES: {"place": str, "inventory": str},
    "mail": {"host": str, "port": int, "sender": str, "starttls": bool},
    "serve": {"host": str, "port": int},
    "disposal": {"runs": int, "tasks": int, "runner": str},
    "heartbeat": {"survey_hours": int, "grace_hours": int},
    "gate": {
        "idle_minutes": int,
        "session_hours": int,
        "proxy_header": str,
        "proxy_addresses": list,
        "proxy_passwords": bool,
        "proxy_logout": str,
    },
}
# One user or role; of a role only where its sessions are known by it: at Amazon, by account number.
ARN = re.compile(
    r"arn:[a-z-]+:iam::(?:[0-9]{12}:(?:user|role)|[A-Za-z0-9]*:user)/[\w+=,.@/-]+", re.ASCII
)
RUNNERS = ("threads", "dask")
SHARES_MAX = 64
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,63}")  # as the names of buckets
WORDS = {str: "text", int: "a number", bool: "true or false", dict: "a table", list: "a list"}


@dataclass(frozen=True, slots=True)
class Credential:
    """One role's credential at the store; the secret is in no repr."""

    access_key: str
    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)  # of credentials that expire
    file: Path | None = None  # where it comes from, if whoever renews it writes it there

    def fresh(self) -> "Credential":
        """Return what stands in its file now, or itself; AgreementError for a file of no use."""
        return self if self.file is None else _of_file(self.file)

    @property
    def label(self) -> str:
        """A short name for the ledger: the same credential has the same, and two never share."""
        return hashlib.sha256(self.access_key.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class GateSettings:
    """How long people are logged in, and by whose word."""

    idle_s: int  # a session without a person at it
    whole_s: int  # and however busy
    proxy: Proxy | None  # that says who somebody is; without one they log in by password


@dataclass(frozen=True, slots=True)
class HeartbeatSettings:
    """What may be how old before somebody is told."""

    survey_within: timedelta  # the last good survey of a store
    grace: timedelta  # by which everything may be late


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are.  *credentials* holds only the roles that this process was given."""

    home: Path
    policies: Path
    checkpoints: Path  # of the ledger: on another disk, and in no backup of it
    databases: Mapping[str, str]  # ledger, catalogue, identities → URL; prefect: "" is a file
    s3_endpoint_url: str | None
    s3_region: str
    kms_endpoint_url: str | None  # a key is asked for in its own region
    credentials: Mapping[str, Credential]
    stores: Sequence[Store]  # beside those that agreements name, or a part of one
    access: Mapping[str, str]  # who keeps access during cooling-off: role → ARN; none is off
    mail_host: str
    mail_port: int
    mail_sender: str
    mail_starttls: bool
    disposal_runs: int  # of Prefect, for one proposal: each has a share, on any worker of the pool
    disposal_tasks: int  # of each run
    disposal_runner: str  # of those tasks
    gate: GateSettings
    heartbeat: HeartbeatSettings
    host: str
    port: int
    api_url: str  # of Prefect, through the gate
    api_auth: str = field(repr=False)  # this process's service credential, "name:secret"

    @classmethod
    def read(cls, environment: Mapping[str, str], folder: Path) -> Self:
        """Read the settings of *folder*; AgreementError for a word that is not one of ours."""
        path = Path(environment.get(CONFIG, folder / FILE))
        said = _file(path)
        home = Path(environment.get("RETENTION_HOME", path.parent / said.get("home", "var")))
        databases = said.get("databases", {})
        mail, s3, serve = said.get("mail", {}), said.get("s3", {}), said.get("serve", {})
        disposal, kms = said.get("disposal", {}), said.get("kms", {})
        host, port = serve.get("host", "127.0.0.1"), int(serve.get("port", 4200))
        return cls(
            home=home.absolute(),
            policies=Path(
                environment.get(
                    "RETENTION_POLICIES", path.parent / said.get("policies", "policies")
                )
            ).absolute(),
            checkpoints=Path(
                environment.get("RETENTION_CHECKPOINTS")
                or (path.parent / said["checkpoints"] if "checkpoints" in said else None)
                or home / "checkpoints"
            ).absolute(),
            databases=_databases(home.absolute(), databases, environment),
            s3_endpoint_url=environment.get("RETENTION_S3_ENDPOINT_URL", s3.get("endpoint_url")),
            s3_region=environment.get("RETENTION_S3_REGION", s3.get("region", "eu-west-2")),
            kms_endpoint_url=environment.get("RETENTION_KMS_ENDPOINT_URL", kms.get("endpoint_url")),
            credentials=dict(_credentials(environment)),
            stores=_stores(path.name, said.get("stores", {})),
            access=_access(path.name, said.get("access", {}), environment),
            mail_host=environment.get("RETENTION_MAIL_HOST", mail.get("host", "127.0.0.1")),
            mail_port=int(environment.get("RETENTION_MAIL_PORT", mail.get("port", 25))),
            mail_sender=environment.get(
                "RETENTION_MAIL_SENDER", mail.get("sender", "records@retention.invalid")
            ),
            mail_starttls=bool(mail.get("starttls", False)),
            disposal_runs=_shares(path.name, disposal, "runs"),
            disposal_tasks=_shares(path.name, disposal, "tasks"),
            disposal_runner=_runner(path.name, disposal),
            gate=_gate(path.name, said.get("gate", {})),
            heartbeat=_heartbeat(path.name, said.get("heartbeat", {})),
            host=host,
            port=port,
            api_url=environment.get("PREFECT_API_URL", f"http://{host}:{port}/api"),
            api_auth=environment.get("PREFECT_API_AUTH_STRING", ""),
        )


def _databases(
    home: Path, said: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return where each database is; Prefect's own is a file beside it unless somebody says so."""
    return {
        name: environment.get(f"RETENTION_{name.upper()}_URL")
        or said.get(name)
        or (f"sqlite:///{home}/{name}.db" if name != "prefect" else "")
        for name in KNOWN["databases"]
    }


def _shares(file: str, said: Mapping[str, Any], word: str) -> int:
    many: int = said.get(word, 1)
    if not 1 <= many <= SHARES_MAX:
        raise AgreementError(
            f"{file}: [disposal] {word} is {many}", hint=f"write a number from 1 to {SHARES_MAX}"
        )
    return many


def _runner(file: str, said: Mapping[str, Any]) -> str:
    runner: str = said.get("runner", RUNNERS[0])
    if runner not in RUNNERS:
        raise AgreementError(
            f"{file}: [disposal] runner is none that is known", hint=f"write {' or '.join(RUNNERS)}"
        )
    return runner


def _gate(file: str, said: Mapping[str, Any]) -> GateSettings:
    return GateSettings(
        idle_s=60 * _bounded(file, said, "idle_minutes", 60, (5, 24 * 60)),
        whole_s=3600 * _bounded(file, said, "session_hours", 12, (1, 7 * 24)),
        proxy=_proxy(file, said),
    )


def _heartbeat(file: str, said: Mapping[str, Any]) -> HeartbeatSettings:
    return HeartbeatSettings(
        survey_within=_hours(file, said, "survey_hours", 26, 24 * 8),
        grace=_hours(file, said, "grace_hours", 4, 24 * 2),
    )


def _hours(file: str, said: Mapping[str, Any], word: str, usual: int, most: int) -> timedelta:
    value: int = said.get(word, usual)
    if not 1 <= value <= most:
        raise AgreementError(
            f"{file}: [heartbeat] {word} is {value}",
            hint=f"write hours from 1 to {most}; it is {usual} by itself",
        )
    return timedelta(hours=value)


def _bounded(
    file: str, said: Mapping[str, Any], word: str, usual: int, bounds: tuple[int, int]
) -> int:
    value: int = said.get(word, usual)
    if not bounds[0] <= value <= bounds[1]:
        raise AgreementError(
            f"{file}: [gate] {word} is {value}",
            hint=f"write a number from {bounds[0]} to {bounds[1]}; it is {usual} by itself",
        )
    return value


def _proxy(file: str, said: Mapping[str, Any]) -> Proxy | None:
    """Return the proxy that is believed; AgreementError for half of one, or one at any address."""
    words = {word for word in said if word.startswith("proxy_")}
    if not words:
        return None
    try:
        return Proxy.of(
            said.get("proxy_header", ""),
            said.get("proxy_addresses", []),
            passwords=said.get("proxy_passwords", False),
            logout=said.get("proxy_logout", ""),
        )
    except (ValueError, TypeError) as error:
        raise AgreementError(
            f"{file}: [gate] names no proxy that can be believed: {error}",
            hint='it takes proxy_header = "X-Remote-User" and proxy_addresses = ["10.0.0.7"]',
        ) from None


def _credentials(environment: Mapping[str, str]) -> list[tuple[str, Credential]]:
    found = []
    for role in ROLES:
        before = f"RETENTION_S3_{role.upper()}_"
        access_key, secret, token, file = (
            environment.get(before + part, "")
            for part in ("ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "FILE")
        )
        if file:
            found.append((role, _of_file(Path(file))))
        elif access_key and secret:
            found.append((role, Credential(access_key, secret, token)))
    return found


def _of_file(path: Path) -> Credential:
    """Read a credential as programs print it for ``credential_process``; never its words."""
    try:
        said = json.loads(path.read_text("utf-8"))
        parts = (said["AccessKeyId"], said["SecretAccessKey"], said.get("SessionToken") or "")
    except (OSError, ValueError, TypeError, KeyError):
        parts = ("", "", "")
    if not all(isinstance(part, str) for part in parts) or not all(parts[:2]):
        raise AgreementError(
            "the file of a credential cannot be read, or holds none",
            hint='it is JSON: {"AccessKeyId": …, "SecretAccessKey": …, "SessionToken": …}',
        ) from None
    return Credential(*parts, file=path)


def _access(file: str, said: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return who keeps access, or nobody at all; AgreementError for half of them, or a pattern."""
    found = {
        role: arn
        for role in (*EXEMPT, *ALSO_EXEMPT)
        if (arn := environment.get(f"RETENTION_ACCESS_{role.upper()}") or said.get(role, ""))
    }
    missing = [role for role in EXEMPT if role not in found]
    odd = [role for role, arn in found.items() if not ARN.fullmatch(arn)]
    if found and (missing or odd):
        raise AgreementError(
            f"{file}: [access] {', '.join(odd or missing)} is missing, or no ARN of one principal",
            hint=f"it takes all of {', '.join(EXEMPT)}, such as arn:aws:iam::123456789012:role/x",
        )
    return found


def _stores(file: str, said: Mapping[str, Any]) -> list[Store]:
    found: list[Store] = []
    for name, table in said.items():
        store = Store(name, table.get("place", ""), table.get("inventory", ""))
        listable = PLAIN.fullmatch(name) and _is_place(store.place)
        if not listable or (store.inventory and not _is_place(store.inventory)):
            raise AgreementError(
                f"{file}: [stores.{name}] names no store that can be listed",
                hint='write [stores.records] place = "s3://bucket/", and inventory = "s3://…/"',
            )
        if any(store.holds(each.place) or each.holds(store.place) for each in found):
            raise AgreementError(
                f"{file}: [stores.{name}] lies in another store, or has one in it",
                hint="name the whole once, or parts that have nothing in common",
            )
        found.append(store)
    return found


def _is_place(text: str) -> bool:
    try:
        return key_prefix(text)[0] == SCHEME
    except ValueError:
        return False


def _file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise AgreementError(f"{path.name}: {error}", hint="it is a TOML file") from None
    _require_known(path.name, "", said)
    for table in KNOWN.keys() & said.keys():
        _require_known(path.name, table, said[table])
    for store in said.get("stores", {}).values():
        _require_known(path.name, STORES, store if isinstance(store, dict) else {"": store})
    return said


def _require_known(file: str, table: str, words: Mapping[str, Any]) -> None:
    known = KNOWN[table]
    for word, value in words.items():
        if word not in known or type(value) is not known[word]:
            where = f"[{table}] {word}" if table else word
            raise AgreementError(
                f"{file}: {where} is no setting, or not of its kind",
                hint=f"known here: {', '.join(f'{n} ({WORDS[k]})' for n, k in known.items())}",
            )


def policy_files(folder: Path) -> dict[str, str]:
    """Return the text of every TOML file below *folder*, by its relative name.

    Misnamed ones too: whoever reads them says so, and none is passed over in silence.  Bytes that
    are no UTF-8 stay in the text as what no text can have, and whoever reads it says that.
    Raises AgreementError for a file that cannot be opened.
    """
    found = sorted(path for path in folder.rglob("*.toml") if not path.is_dir())
    try:
        return {
            path.relative_to(folder).as_posix(): path.read_text("utf-8", "surrogateescape")
            for path in found
        }
    except OSError as error:
        raise AgreementError(
            f"a file below {folder.name} cannot be read: {error.strerror}",
            hint="see who may read the files, and whether a link leads nowhere",
        ) from error
