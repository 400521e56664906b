"""Properties whose change makes a new resource, from the cloud's documentation; `*` holds for every type."""

from collections.abc import Mapping
from typing import Final

REPLACES: Final[Mapping[str, frozenset[str]]] = {
    "*": frozenset({"metadata.name", "metadata.namespace"}),
}
