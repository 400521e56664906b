"""Where the project is that a pack judges: engines start a pack in the project's folder or in the pack's own."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import yaml

_FILES: Final = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


def project_folder(project: str, begins: Sequence[Path]) -> Path:
    """The first folder, at one of these places or above it, of a project with this name; else the first place.

    Without a name any project will do.
    """
    for begin in begins:
        for folder in (begin, *begin.parents):
            if any(not project or name == project for name in _names(folder)):
                return folder
    return begins[0]


def _names(folder: Path) -> Iterator[str]:
    for path in (folder / name for name in _FILES):
        try:
            content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(content, Mapping):
            yield str(cast("Mapping[str, object]", content).get("name"))
