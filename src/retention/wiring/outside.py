"""The outside of a composition: stores by role, the mail server, Prefect."""

from typing import TYPE_CHECKING, Any, Final

from retention.errors import AgreementError, NotAuthorisedError, StoreRefusedError
from retention.ports.clock import Clock
from retention.settings import Credential, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from retention.adapters.kms import Service
    from retention.adapters.mail import SmtpCourier
    from retention.adapters.prefect.access import Access
    from retention.adapters.s3.access import S3Access
    from retention.adapters.s3.destroys import S3Destroys
    from retention.adapters.s3.fast import FastLists, Login
    from retention.adapters.s3.inventory.reader import S3Inventories
    from retention.adapters.s3.lists import S3Lists
    from retention.adapters.s3.probe import S3Probes

ORDER_READ_S: Final = 25.0  # with its tries within the lease of a batch: the rest is asked again
ORDER_ATTEMPTS_MAX: Final = 3


class Outside:
    """What a process can reach, with the credentials that it was given."""

    settings: Settings
    clock: Clock

    def verifies(self) -> "S3Lists":
        """Return the verifier's lister: never the engine, nor the pages, of whoever enumerated."""
        from retention.adapters.s3.lists import S3Lists  # noqa: PLC0415  # lazy

        return S3Lists(self._s3("verifier"), page_rows=701)

    def lists(self) -> "FastLists":
        """Return the surveyor's lister, by which whatever is planned was enumerated."""
        from retention.adapters.s3.fast import FastLists  # noqa: PLC0415  # lazy

        s = self.settings
        login = self._login("surveyor")
        return FastLists(endpoint_url=s.s3_endpoint_url, region=s.s3_region, credentials=login)

    def _login(self, role: str) -> "Callable[[], Login]":
        """Return what says as whom *role* logs in now: its credential may be renewed meanwhile."""
        from retention.adapters.s3.fast import Login  # noqa: PLC0415  # lazy

        given = self._credential(role)

        def login() -> Login:
            try:
                now = given.fresh()
            except AgreementError as fault:  # it may be half written: a fault of this run alone
                raise StoreRefusedError(str(fault), hint=fault.hint) from None
            return Login(now.access_key, now.secret, now.session_token)

        return login

    def probes(self, role: str) -> "S3Probes":
        """Return what asks stores about themselves, with the credential of *role*."""
        from retention.adapters.s3.probe import S3Probes  # noqa: PLC0415  # lazy

        return S3Probes(self._s3(role))

    def inventories(self) -> "S3Inventories":
        """Return the reader of inventories, which the surveyor may read and nothing else."""
        from retention.adapters.s3.inventory.reader import S3Inventories  # noqa: PLC0415  # lazy

        return S3Inventories(self._s3("surveyor"), self.settings.home / "scratch")

    def destroys(self) -> "S3Destroys":
        """Return the destroyer, with a credential that no other role has."""
        from retention.adapters.s3.destroys import S3Destroys  # noqa: PLC0415  # lazy
        from retention.adapters.s3.fast import FastMany  # noqa: PLC0415  # lazy

        s = self.settings
        login = self._login("destroyer")
        many = FastMany(
            endpoint_url=s.s3_endpoint_url,
            region=s.s3_region,
            credentials=login,
            read_timeout_s=ORDER_READ_S,
            attempts_max=ORDER_ATTEMPTS_MAX,
        )
        careful = self._s3(
            "destroyer", read_timeout_s=ORDER_READ_S, attempts_max=ORDER_ATTEMPTS_MAX
        )
        return S3Destroys(careful, many)

    @property
    def has_custodian(self) -> bool:
        """Whether somebody is named who keeps access while it is withdrawn from all others."""
        return bool(self.settings.access)

    def withdraws_access(self) -> "S3Access":
        """Return the custodian, who may change who reaches a bucket and nothing else."""
        from retention.adapters.s3.access import S3Access  # noqa: PLC0415  # lazy

        return S3Access(self._s3("custodian"), exempt=sorted(self.settings.access.values()))

    def kms(self, role: str) -> "Service":
        """Return the key service, with the credential of *role*; nothing is sent yet."""
        from retention.adapters.kms import Service  # noqa: PLC0415  # lazy

        given = self._credential(role)

        def login() -> tuple[str, str, str]:
            now = given.fresh()
            return now.access_key, now.secret, now.session_token

        return Service(endpoint_url=self.settings.kms_endpoint_url, login=login)

    def label(self, role: str) -> str:
        """Return what the ledger calls this process in a *role*: the role, and its credential."""
        return f"{role}:{self._credential(role).label}"

    def _credential(self, role: str) -> Credential:
        given = self.settings.credentials.get(role)
        if given is None:
            raise NotAuthorisedError(
                f"this process was not given the credential of the {role}",
                hint=f"set RETENTION_S3_{role.upper()}_ACCESS_KEY and _SECRET_KEY for its pool",
            )
        return given

    def _s3(self, role: str, **patience: Any) -> Any:
        from retention.adapters.s3.client import client  # noqa: PLC0415  # lazy

        given = self._credential(role).fresh()
        return client(
            endpoint_url=self.settings.s3_endpoint_url,
            region=self.settings.s3_region,
            access_key=given.access_key,
            secret=given.secret,
            session_token=given.session_token,
            **patience,
        )

    @property
    def courier(self) -> "SmtpCourier":
        """The mail server that takes our letters."""
        from retention.adapters.mail import SmtpCourier  # noqa: PLC0415  # lazy

        s = self.settings
        return SmtpCourier(
            host=s.mail_host,
            port=s.mail_port,
            sender=s.mail_sender,
            starttls_required=s.mail_starttls,
            clock=self.clock,
        )

    @property
    def access(self) -> "Access":
        """The way to Prefect, with this process's service credential."""
        from retention.adapters.prefect.access import Access  # noqa: PLC0415  # lazy

        service, _, secret = self.settings.api_auth.partition(":")
        return Access(self.settings.api_url, service, secret)
