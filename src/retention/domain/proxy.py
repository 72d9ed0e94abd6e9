"""An authenticating proxy before the gate: from where it is believed, and what it says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Self

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
_SPOKEN_FOR: Final = frozenset({"authorization", "cookie", "host", "origin", "connection"})


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who comes from one of *networks* is the person that the header *header* names.

    With *passwords*, people may log in at the gate itself, too.  *logout* is where the proxy ends
    its own session, or "": told to whoever comes as somebody who is not listed.
    """

    header: str  # in lower case
    networks: tuple[IPv4Network | IPv6Network, ...]
    passwords: bool = False
    logout: str = ""

    @classmethod
    def of(
        cls, header: str, addresses: Sequence[str], *, passwords: bool = False, logout: str = ""
    ) -> Self:
        """Return the proxy; ValueError for what is no header, or no address or network of a few."""
        if not _NAME.fullmatch(header) or header.lower() in _SPOKEN_FOR:
            raise ValueError("this is no header that a proxy can name somebody in")
        networks = tuple(ip_network(str(each)) for each in addresses)
        if not networks or any(each.prefixlen == 0 for each in networks):
            raise ValueError("a proxy has an address: from everywhere, anybody could be anybody")
        return cls(header.lower(), networks, passwords, logout)

    def is_at(self, address: str) -> bool:
        """Tell whether *address*, the true other end of a connection, is the proxy's."""
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
            peer = peer.ipv4_mapped
        return any(peer in network for network in self.networks)
