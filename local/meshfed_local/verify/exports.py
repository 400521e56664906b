"""Resources as the engine keeps them: from `pulumi stack export`, and from the event log of a run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from meshfed.errors import MeshfedError
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.wire import MARK, SECRET, UNKNOWN_STRING
from meshfed_local.verify.shapes import as_list, as_object

JUDGED: Final = ("aws", "gcp")
"""Pulumi packages whose provider code judges."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A resource as a program asked for it."""

    stack: str
    token: str
    urn: str
    inputs: Mapping[str, Any]
    """Plain: secrets unwrapped, `UNKNOWN` for what is not known yet."""

    @property
    def package(self) -> str:
        """`aws` of `aws:ec2/vpc:Vpc`."""
        return self.token.split(":")[0]

    @property
    def name(self) -> str:
        """Logical name, the last part of the URN."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True, slots=True)
class Step:
    """What the engine did, or would do, with a resource that stood before and stands afterwards."""

    operation: str
    """The engine's word: `update`, `replace`, `create-replacement` …"""
    before: Asked
    after: Asked

    @property
    def replaces(self) -> bool:
        """Whether the engine makes the resource anew."""
        return "replace" in self.operation


def plain(value: Any) -> Any:
    """A value of an export without its wrappings; a secret that stays encrypted is unknown."""
    if value == UNKNOWN_STRING:
        return UNKNOWN
    members, fields = as_list(value), as_object(value)
    if members is not None:
        return [plain(item) for item in members]
    if fields is None:
        return value
    if fields.get(MARK) != SECRET:
        return {key: plain(item) for key, item in fields.items()}
    if "plaintext" in fields:
        return plain(json.loads(fields["plaintext"]))
    return plain(fields.get("value", UNKNOWN_STRING))


def read_export(path: Path) -> list[Asked]:
    """The AWS and GCP resources of a file that `pulumi stack export --show-secrets` wrote.

    Raises MeshfedError where the file is no export.
    """
    try:
        content: dict[str, dict[str, Any]] = json.loads(path.read_text())
        resources: list[dict[str, Any]] = content["deployment"].get("resources") or []
    except (OSError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise MeshfedError(
            f"{path}: cannot be read as a stack's export ({error}). "
            "`pulumi stack export --show-secrets --file` writes one."
        ) from error
    return list(of_export(path.stem, resources))


def of_export(stack: str, resources: Sequence[Mapping[str, Any]]) -> Iterator[Asked]:
    """The resources of an export that a provider can judge."""
    for resource in resources:
        # What was only looked up (`get`) was asked for by nobody.
        if resource.get("custom") and not resource.get("external") and _is_judged(str(resource["type"])):
            yield Asked(stack, resource["type"], resource["urn"], plain(resource.get("inputs") or {}))


def _is_judged(token: str) -> bool:
    return token.split(":", maxsplit=1)[0] in JUDGED


def of_events(stack: str, path: Path) -> Iterator[Step]:
    """The changes of resources that stood before, from the event log of a preview or an `up`."""
    for line in path.read_text().splitlines():
        event: dict[str, dict[str, Any]] = json.loads(line)
        metadata: dict[str, Any] = event.get("resourcePreEvent", {}).get("metadata") or {}
        old: dict[str, Any] | None = metadata.get("old")
        new: dict[str, Any] | None = metadata.get("new")
        token = str(metadata.get("type", ""))
        # A replacement is told three times; the step that makes the new one has both sets of inputs.
        if old and new and metadata["op"] in ("update", "replace") and _is_judged(token):
            before, after = plain(old.get("inputs") or {}), plain(new.get("inputs") or {})
            # The engine draws new names for what it makes anew; the change itself did not ask for one.
            drawn = {name: before[name] for name in after.get("__defaults", ()) if name in before}
            yield Step(
                metadata["op"],
                Asked(stack, token, str(metadata["urn"]), before),
                Asked(stack, token, str(metadata["urn"]), {**after, **drawn}),
            )
