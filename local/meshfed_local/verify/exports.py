"""Resources as the engine keeps them: from `pulumi stack export`, and from the event log of a run."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from meshfed.errors import MeshfedError
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.wire import MARK, SECRET, UNKNOWN_STRING
from meshfed_local.verify.shapes import as_list, as_object

JUDGED: Final = ("aws", "gcp")
"""Pulumi packages whose provider code judges."""

_MASK: Final = "[secret]"
"""What an event log says in place of a secret's ciphertext."""


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
    hidden: tuple[str, ...] = ()
    """Properties that changed to a secret which the engine does not tell, so that nobody can judge the change."""

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


def of_events(
    stack: str, path: Path, before: Mapping[str, Asked] | None = None, after: Mapping[str, Asked] | None = None
) -> Iterator[Step]:
    """The changes of resources that stood before, from the event log of a preview or an `up`.

    `before` and `after` are what stood and stands, by URN, with secrets in plain text: the log hides them.
    """
    for metadata in _told(path):
        old: dict[str, Any] | None = metadata.get("old")
        new: dict[str, Any] | None = metadata.get("new")
        # A replacement is told three times; the step that makes the new one has both sets of inputs.
        if old and new and metadata["op"] in ("update", "replace"):
            yield _step(stack, metadata, (before or {}).get(metadata["urn"]), (after or {}).get(metadata["urn"]))


def urns_of_events(path: Path) -> frozenset[str]:
    """What stands, or would stand, after a run by its event log: every resource that a provider can judge."""
    kept = ("same", "create", "update", "replace", "create-replacement")
    return frozenset(str(metadata["urn"]) for metadata in _told(path) if metadata["op"] in kept)


def _told(path: Path) -> Iterator[dict[str, Any]]:
    """What an event log says was begun with resources that a provider can judge."""
    for line in path.read_text().splitlines():
        event: dict[str, dict[str, Any]] = json.loads(line)
        metadata: dict[str, Any] = event.get("resourcePreEvent", {}).get("metadata") or {}
        if metadata and _is_judged(str(metadata.get("type", ""))):
            yield metadata


def _step(stack: str, metadata: Mapping[str, Any], stood: Asked | None, stands: Asked | None) -> Step:
    token, urn = str(metadata["type"]), str(metadata["urn"])
    told: Mapping[str, Any] = metadata["new"].get("inputs") or {}
    old = stood.inputs if stood else plain(metadata["old"].get("inputs") or {})
    new, hidden = (stands.inputs, ()) if stands else _shown(told, old, metadata.get("diffs") or ())
    # The engine draws new names for what it makes anew; the change itself did not ask for one.
    drawn = {name: old[name] for name in new.get("__defaults", ()) if name in old}
    return Step(metadata["op"], Asked(stack, token, urn, old), Asked(stack, token, urn, {**new, **drawn}), hidden)


def _shown(
    told: Mapping[str, Any], old: Mapping[str, Any], changed: Collection[str]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """New inputs of a log: a secret is the one from before; the names of those that changed, and nobody can see how."""
    masked = [name for name, value in told.items() if _is_masked(value)]
    new = plain(told) | {name: old.get(name, UNKNOWN) for name in masked}
    return new, tuple(name for name in masked if name in changed)


def _is_masked(value: Any) -> bool:
    members, fields = as_list(value), as_object(value)
    if members is not None:
        return any(_is_masked(item) for item in members)
    if fields is None:
        return False
    return fields.get("ciphertext") == _MASK or any(_is_masked(item) for item in fields.values())
