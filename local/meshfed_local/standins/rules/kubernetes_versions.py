"""Kubernetes minors that the three clouds offer now, for the rules of their clusters.

Sources: the release calendars of EKS, AKS and GKE; checked 2026-11. A minor that a calendar drops goes from here.
"""

import re
from typing import Final

MINORS: Final = ("1.33", "1.34", "1.35", "1.36")
"""Minors that EKS, AKS and GKE all offer."""

_MINOR: Final = re.compile(r"1\.\d{1,2}")


def is_minor(value: str) -> bool:
    """Whether a text is a minor version: `1.36`."""
    return _MINOR.fullmatch(value) is not None


def minor_of(version: str) -> str:
    """The minor of a version: `1.36` of `1.36.2-gke.100`; empty when it has none."""
    found = re.match(r"1\.\d{1,2}(?=$|[.-])", version)
    return found[0] if found else ""
