"""``python -m retention.demo.gate``: the real gate, over the demonstration's composition."""

from flows.deployments import FOR_PEOPLE
from retention import wiring
from retention.demo.composition import install
from retention.gate import app
from retention.gate.serve import address, serve


def main() -> None:
    """Compose, and serve."""
    host, port = address()
    install()
    serve(app(**wiring.gate_ports(), startable=FOR_PEOPLE), host=host, port=port)


if __name__ == "__main__":
    main()
