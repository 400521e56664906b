"""Names of images, as every rule about images reads them."""

import re
from collections.abc import Iterable
from typing import Final

_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def has_digest(image: str) -> bool:
    """Whether a name says by its digest what runs."""
    return _DIGEST.search(image) is not None


def is_of(image: str, registries: Iterable[str]) -> bool:
    """Whether a full name is below one of these registries.

    >>> is_of("mirror.example/shop:1", ["mirror.example"]), is_of("mirror.example.evil/shop:1", ["mirror.example"])
    (True, False)
    """
    return image.startswith(tuple(f"{prefix.rstrip('/')}/" for prefix in registries))


def full(image: str) -> str:
    """An image with the registry that a short name means.

    >>> full("nginx"), full("team/shop:1"), full("registry.example/shop")
    ('docker.io/library/nginx', 'docker.io/team/shop:1', 'registry.example/shop')
    """
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"
