"""Which properties no cloud changes in place: a change of one means a new resource.

`<cloud>.json` holds what the provider's own code answers when it is asked (written by `verify`); `<cloud>.py` holds
what is known from the clouds' documentation. For a type that both know, both count.
"""

import functools
import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_MODULES: Final = {"aws": "aws", "azure-native": "azure", "gcp": "gcp", "kubernetes": "kubernetes"}


def paths(plugin: str, token: str) -> frozenset[str]:
    """Property paths of a type, without list positions, whose change replaces the resource."""
    name = _MODULES[plugin]
    documented: Mapping[str, frozenset[str]] = importlib.import_module(f"{__name__}.{name}").REPLACES
    everywhere = documented.get("*", frozenset())
    return everywhere | documented.get(token, frozenset()) | _asked(name).get(token, frozenset())


@functools.cache
def _asked(name: str) -> Mapping[str, frozenset[str]]:
    file = Path(__file__).with_name(f"{name}.json")
    if not file.exists():
        return {}
    table: dict[str, list[str]] = json.loads(file.read_text())
    return {token: frozenset(properties) for token, properties in table.items()}
