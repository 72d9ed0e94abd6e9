"""``python -m retention.gate``: the real composition behind the gate."""

from flows.deployments import FOR_PEOPLE
from retention import wiring
from retention.gate import app
from retention.gate.serve import address, serve


def main() -> None:
    """Compose, and serve."""
    host, port = address()
    serve(app(**wiring.gate_ports(), startable=FOR_PEOPLE), host=host, port=port)


if __name__ == "__main__":
    main()
