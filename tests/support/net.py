"""Ports on loopback that nobody listens on."""

import socket
from contextlib import ExitStack


def free_ports(number=1):
    """Return *number* different ports, side by side with nobody's at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
