"""Lifetimes as Go writes them, compared with the declared ones."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node
from meshfed.settings.lifetimes import Lifetimes
from meshfed.topology.lifetimes import outage_covered

_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(node: Node) -> float | None:
    """A duration in seconds; None where the text is none. Raises UndecidedError.

    >>> seconds_of(Node("1h30m")), seconds_of(Node("90")), seconds_of(Node("0"))
    (5400.0, None, 0.0)
    """
    text = node.text().strip()
    if text == "0":
        return 0.0
    parts = list(_PART.finditer(text))
    if not parts or "".join(part.group() for part in parts) != text:
        return None
    return sum(float(part[1]) * _SECONDS[part[2]] for part in parts)


def svid_fits(node: Node, longest: int, lifetimes: Lifetimes) -> Iterator[Finding]:
    """Whether the lifetime of an identity is at most the declared one, and outlasts the declared outage."""
    seconds = seconds_of(node)
    if seconds is None:
        yield node.wrong("is no duration as 1h or 30m")
    elif seconds > longest:
        yield node.wrong(f"a stolen identity lives longer than the {longest} s that lifetimes declare")
    elif outage_covered(int(seconds)) < lifetimes.server_outage_seconds:
        yield node.wrong(f"does not outlast the declared outage of {lifetimes.server_outage_seconds} s")


def token_fits(node: Node, longest: int) -> Iterator[Finding]:
    """Whether a JWT lives at most as long as was declared; it is fetched when it is used, so it outlasts nothing."""
    if node.is_absent:
        return
    seconds = seconds_of(node)
    if seconds is None or seconds > longest:
        yield node.wrong(f"a stolen token lives longer than the {longest} s that lifetimes declare")
