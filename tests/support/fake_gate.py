"""``python -m tests.support.fake_gate``: the real gate and server, with invented people."""

from retention.gate import app
from retention.gate.serve import address, serve
from tests.support import fake_work, rows

REMEMBER_S = 1.0  # so that a test need not wait for minutes until someone drops out


def main() -> None:
    host, port = address()
    work = fake_work.from_environment()
    gate = app(
        identities=work.identities,
        ledger=work.ledger,
        signer=fake_work.Signer(),
        services=fake_work.SERVICES,
        clock=fake_work.FixedClock(),
        people=lambda: fake_work.PEOPLE,
        startable=[row.name for row in rows.ROWS if row.people],
        remember_s=REMEMBER_S,
    )
    serve(gate, host=host, port=port)


if __name__ == "__main__":
    main()
