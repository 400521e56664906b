"""An SSH public key that has no private half. Azure demands one for a Linux VM without a password."""

from base64 import b64encode
from hashlib import sha256
from itertools import count

_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME


def keyless_ssh_key(purpose: str) -> str:
    """An Ed25519 public key in OpenSSH's format whose private half nobody knows, nor ever knew.

    The point is hashed from the text and not multiplied from a private number: to find that number is the discrete
    logarithm that Ed25519 rests on. Whoever doubts it computes the same key from the same text.

    >>> keyless_ssh_key("acme").startswith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5")
    True
    """
    encoded = next(point for point in (_candidate(purpose, attempt) for attempt in count()) if _is_on_curve(point))
    kind = b"ssh-ed25519"
    wire = len(kind).to_bytes(4) + kind + len(encoded).to_bytes(4) + encoded
    return f"ssh-ed25519 {b64encode(wire).decode()} nobody-holds-the-private-half"


def _candidate(purpose: str, attempt: int) -> bytes:
    return sha256(f"meshfed: a key without a private half/{purpose}/{attempt}".encode()).digest()


def _is_on_curve(encoded: bytes) -> bool:
    """Whether a point of edwards25519 has this y: x^2 = (y^2 - 1) / (d y^2 + 1) is square (RFC 8032, 5.1.3)."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    if y >= _PRIME:
        return False
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    return pow(square, (_PRIME - 1) // 2, _PRIME) == 1
