"""``python -m tests.support.fake_gate``: the real gate and server, with invented people."""

from time import monotonic

from retention.domain.proxy import Proxy
from retention.gate import app
from retention.gate.serve import address, serve
from tests.support import fake_work, rows

FRESH_S = 0.5  # so that a test need not wait until someone drops out
PROXY = Proxy.of("X-Remote-User", ["127.0.0.2"], passwords=True)


def main() -> None:
    host, port = address()
    work = fake_work.from_environment()
    gate = app(
        identities=work.identities,
        ledger=work.ledger,
        evidence=work.evidence,
        signer=fake_work.Signer(),
        services=fake_work.SERVICES,
        clock=fake_work.FixedClock(),
        people=lambda: fake_work.PEOPLE,
        startable=[row.name for row in rows.ROWS if row.people],
        proxy=PROXY,
        fresh_s=FRESH_S,
        now=lambda: monotonic() + fake_work.ahead(work.folder),
    )
    serve(gate, host=host, port=port)


if __name__ == "__main__":
    main()
