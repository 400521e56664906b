"""What a special output, an id or a derived value is made from, and the randomness it may draw."""

import base64
import ipaddress
import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import Record, World, WorldError

# RFC 5737 and RFC 2544: addresses that no machine on the internet has.
_PUBLIC_RANGES: Final = tuple(
    ipaddress.IPv4Network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")
)
_ATTEMPTS: Final = 2000
_RESERVED_HOSTS: Final = 4
"""The clouds keep the first addresses of a subnet for themselves."""


@dataclass(frozen=True, slots=True)
class Making:
    """A resource on its way into the world."""

    resource: Resource
    world: World
    id: str
    """Its id; empty in a preview and while the id itself is being made."""
    previous: Mapping[str, Any] | None = None
    """Outputs so far, when it is being updated."""
    dry: bool = False
    """In a preview nothing is leased and every made value counts as unknown."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The resource's inputs."""
        return self.resource.inputs

    def text(self, name: str, otherwise: str = "") -> str:
        """An input that is a known string, else the replacement."""
        value = self.inputs.get(name)
        return value if isinstance(value, str) and value else otherwise

    def hex(self, digits: int) -> str:
        """Fresh lower-case hexadecimal digits."""
        return secrets.token_hex((digits + 1) // 2)[:digits]

    def digits(self, count: int) -> str:
        """Fresh decimal digits, the first of which is not 0."""
        return str(secrets.randbelow(9 * 10 ** (count - 1)) + 10 ** (count - 1))

    def uuid(self) -> str:
        """A fresh random UUID."""
        return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))

    def base64(self, count: int) -> str:
        """Fresh random bytes in base64."""
        return base64.b64encode(secrets.token_bytes(count)).decode()

    def now(self) -> str:
        """The time as clouds write it, in UTC."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def find(self, identifier: Any, token: str | None = None) -> Record | None:
        """What exists under an input's value; None while the value is unknown."""
        return self.world.by_id(identifier, token) if isinstance(identifier, str) else None

    def public_address(self) -> str:
        """An address of a documentation range that nothing else in this world has, held until deletion."""
        return self._lease("public addresses", _random_public())

    def private_address(self, cidr: str) -> str:
        """The first free host address of a subnet, held until deletion."""
        hosts = (str(host) for host in list(ipaddress.ip_network(cidr).hosts())[_RESERVED_HOSTS - 1 :])
        return self._lease(f"addresses of {cidr}", hosts)

    def hold_private_address(self, cidr: str, address: str) -> str:
        """The given address of a subnet, held until deletion. Raises WorldError when it is taken."""
        return self._lease(f"addresses of {cidr}", iter((address,)))

    def _lease(self, pool: str, candidates: Iterator[str]) -> str:
        if self.dry:
            return ""
        value = self.world.lease(pool, candidates, (self.resource.urn, self.id))
        if value is None:
            raise WorldError(f"{self.resource.name}: none is free among the {pool}; wanted: an address nobody has")
        return value


def _random_public() -> Iterator[str]:
    weights = [network.num_addresses for network in _PUBLIC_RANGES]
    for _ in range(_ATTEMPTS):
        place = secrets.randbelow(sum(weights))
        for network, size in zip(_PUBLIC_RANGES, weights, strict=True):
            if place < size:
                address = network[place]
                if address not in {network.network_address, network.broadcast_address}:
                    yield str(address)
                break
            place -= size
