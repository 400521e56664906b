"""What an SDK says about a resource or a look-up: its inputs, outputs and nested types, read from a cache.

The SDK itself is never imported here: that costs a second and 60 MiB a plugin. A token that the cache does not
hold is reflected by a process of its own (`reflect`), with its whole SDK module, once per SDK version.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from meshfed.errors import MeshfedError

PACKAGES: Final[Mapping[str, str]] = {
    "aws": "pulumi_aws",
    "azure-native": "pulumi_azure_native",
    "gcp": "pulumi_gcp",
    "kubernetes": "pulumi_kubernetes",
}
"""Plugin name -> Python package of its SDK."""

FORMAT: Final = 1
"""Version of the cache's format; a change here makes all older caches be ignored."""

_REFLECTION_LIMIT_SECONDS: Final = 300.0


class SdkError(MeshfedError):
    """An SDK cannot be read: not installed, or it knows no such token."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an object: its type and whether it must be given."""

    type: Any
    """A type expression of `reflect`: `"str"`, `{"list": …}`, `{"map": …}`, `{"object": name}` …"""
    required: bool


@dataclass(frozen=True, slots=True)
class Spec:
    """A resource or look-up, as the SDK declares it; keys are the wire's."""

    token: str
    inputs: Mapping[str, Property]
    outputs: Mapping[str, Any]
    types: Mapping[str, Mapping[str, Property]]
    """Nested objects of inputs and outputs by name."""


def sdk_folder(plugin: str) -> Path:
    """Where the SDK of a plugin is installed. Raises SdkError when it is not."""
    found = importlib.util.find_spec(PACKAGES[plugin])
    if found is None or found.origin is None:
        raise SdkError(f"the SDK {PACKAGES[plugin]} is not installed; wanted: the packages of uv.lock (`make setup`)")
    return Path(found.origin).parent


def sdk_version(plugin: str) -> str:
    """Version of the installed SDK, which is also the plugin's."""
    declared: dict[str, str] = json.loads((sdk_folder(plugin) / "pulumi-plugin.json").read_text())
    return declared["version"]


def cache_folder(plugin: str) -> Path:
    """Where reflected specs of the installed SDK version are kept, outside of any repository."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "meshfed" / "sdk" / f"{plugin}-{sdk_version(plugin)}-f{FORMAT}"


def file_name(token: str) -> str:
    """A token as a file name."""
    return token.replace("/", "+").replace(":", "@") + ".json"


class Specs:
    """The specs of one plugin, each read when first asked for."""

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._folder = cache_folder(plugin)
        self._known: dict[str, Spec] = {}

    def of(self, token: str) -> Spec:
        """What the SDK says about a token. Raises SdkError when it knows none of that name."""
        if token not in self._known:
            path = self._folder / file_name(token)
            if not path.exists():
                self._reflect(token)
            if not path.exists():
                raise SdkError(f"{token}: the SDK {PACKAGES[self._plugin]} knows no such type or function")
            self._known[token] = _parse(json.loads(path.read_text()))
        return self._known[token]

    def _reflect(self, token: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "meshfed_local.standins.reflect", self._plugin, token],
            capture_output=True,
            text=True,
            timeout=_REFLECTION_LIMIT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise SdkError(f"{token}: the SDK's types cannot be read: {done.stderr.strip()[-2000:]}")


def _parse(raw: dict[str, Any]) -> Spec:
    return Spec(
        token=raw["token"],
        inputs=_properties(raw["inputs"]),
        outputs=raw["outputs"],
        types={name: _properties(fields) for name, fields in raw["types"].items()},
    )


def _properties(raw: dict[str, list[Any]]) -> dict[str, Property]:
    return {name: Property(type=entry[0], required=bool(entry[1])) for name, entry in raw.items()}
