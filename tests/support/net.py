"""Ports on loopback that nobody listens on."""

import random
import socket
from contextlib import ExitStack, suppress

# Below those that the system gives to outgoing connections: one of them could take a port
# between its choice here and the start of the server that it was chosen for.
_RANGE = range(20000, 32000)


def free_ports(number=1):
    """Return *number* different ports that nobody listens on at this moment."""
    ports = []
    with ExitStack() as stack:
        while len(ports) < number:
            port = random.choice(_RANGE)
            each = stack.enter_context(socket.socket())
            with suppress(OSError):
                each.bind(("127.0.0.1", port))
                ports.append(port)
    return ports
