"""Objects that a ConfigGroup or a ConfigFile names: as text, in files, or as they are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from meshfed_local.standins.faults import Fault, has_unknown
from meshfed_local.standins.kubernetes.kinds import known_text, listed, mapping
from meshfed_local.standins.provider import InputsError

GROUP: Final = "kubernetes:yaml/v2:ConfigGroup"
FILE: Final = "kubernetes:yaml/v2:ConfigFile"


def named(inputs: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """Every object; None while any part is unknown. Raises InputsError for what is no manifest."""
    if has_unknown(inputs):
        return None
    patterns = [known_text(one) for one in (*listed(inputs.get("files")), inputs.get("file")) if one]
    texts = [(f"files: {path}", _read(path)) for pattern in patterns for path in _paths(pattern)]
    texts += [("yaml", known_text(inputs["yaml"]))] if inputs.get("yaml") else []
    found = [item for where, text in texts for item in _documents(where, text)]
    return [*found, *(mapping(item) for item in listed(inputs.get("objs")))]


def _paths(pattern: str) -> list[Path]:
    path = Path(pattern)
    found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))) if pattern else []
    if not found:
        raise InputsError([Fault("files", f"{pattern!r} names no file", "a path or a pattern of files that are there")])
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputsError([Fault("files", f"{path} cannot be read", "a file of YAML")]) from error


def _documents(where: str, text: str) -> Iterator[Mapping[str, Any]]:
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise InputsError([Fault(where, "it is no YAML", "manifests, parted by ---")]) from error
    for document in documents:
        item = mapping(document)
        if known_text(item.get("kind")).endswith("List") and "items" in item:
            yield from (mapping(one) for one in listed(item["items"]))
        elif item.get("kind") and item.get("apiVersion"):
            yield item
        elif document is not None:
            raise InputsError([Fault(where, "a document has no apiVersion or kind", "manifests of objects")])
