"""How a process of ours reaches the Prefect API: through the gate, with its own credential."""

from dataclasses import dataclass, field

from prefect.client.orchestration import SyncPrefectClient


@dataclass(frozen=True, slots=True)
class Access:
    """The address of the API, and the credential of one work pool."""

    api_url: str  # ends in /api
    service: str
    secret: str = field(repr=False)

    @property
    def credential(self) -> str:
        """``name:secret``, as Prefect's own settings take it."""
        return f"{self.service}:{self.secret}"

    def client(self) -> SyncPrefectClient:
        """Return a client that reads neither environment nor the run that it may be inside of."""
        return SyncPrefectClient(self.api_url, auth_string=self.credential)
