"""``python -m tests.support.killed_gate``: the real gate, over the composition of a folder."""

from retention import wiring
from retention.gate import app
from retention.gate.serve import address, serve
from tests.support.composed import compose


def main() -> None:
    """Compose, and serve."""
    host, port = address()
    wiring.install(compose(wiring.environment()))
    serve(app(**wiring.gate_ports()), host=host, port=port)


if __name__ == "__main__":
    main()
