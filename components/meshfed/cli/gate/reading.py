"""Files, folders and standard input that are to be judged, each read by what is in it."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from meshfed.cli.gate import engine_files
from meshfed.cli.gate.found import STDIN, Form, Found, Reading, unusable
from meshfed.cli.gate.manifests import is_object, manifests, named
from meshfed.rules.forms.opaque import OPAQUE
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Node
from meshfed.rules.plain import Plain, Unknown, UnreadableError, plain

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of one file."""
SLOW: Final = 2 * 1024 * 1024
"""Characters of a file that take seconds to read."""
LOOSE: Final = ""
"""Cluster of the manifests that were given as single files: one of their own."""
SUFFIXES: Final = (".json", ".jsonl", ".yaml", ".yml")
_KNOWN: Final = "A preview, an event log, a saved plan or a stack's export as JSON, or Kubernetes objects are judged."
_MEND: Final = "Mend it."
_TEMPLATE: Final = "Mend it; templates are judged as what `helm template` prints."
_BRACES: Final = "{{"


@dataclass(frozen=True)
class Inputs:
    """Everything that is to be judged."""

    readings: tuple[Reading, ...]
    texts: Mapping[str, str]
    """Of files with manifests, for the lines of what is wrong in them."""
    passed_over: tuple[str, ...]
    """Files of folders that hold nothing to judge."""

    @property
    def stacks(self) -> Mapping[str, Sequence[Found]]:
        """All resources by the stack's URN."""
        found: dict[str, list[Found]] = {}
        for reading in self.readings:
            for urn, resources in reading.stacks.items():
                found.setdefault(urn, []).extend(map(_judged_as, resources))
        return found


def read_inputs(paths: Sequence[Path], *, is_partial: bool, say: Callable[[str], None]) -> Inputs:
    """What is in files, in folders and below them, and on standard input (`-`); says which large one it is at.

    Raises SettingsError for what cannot be read, is not whole, or holds nothing to judge.
    """
    readings: list[Reading] = []
    texts: dict[str, str] = {}
    passed_over: list[str] = []
    for path, cluster, is_of_folder in _files(paths):
        text = text_of(path)
        if len(text) > SLOW:
            say(f"{path}: reading {len(text) // 1024 // 1024} MiB")
        reading = _recognised(str(path), cluster, text, is_of_folder=is_of_folder)
        if reading is None:
            passed_over.append(str(path))
            continue
        readings.append(reading)
        if reading.form is Form.MANIFESTS:
            texts[str(path)] = text
    readings = _joined(readings)
    _refuse_twice(readings)
    if not is_partial:
        _refuse_parts(readings)
    _refuse_nothing(readings, passed_over)
    return Inputs(tuple(readings), texts, tuple(passed_over))


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, str, bool]]:
    """Each file, the cluster that its manifests belong to, and whether it was found in a folder."""
    given: dict[str, Path] = {}
    for path in paths:
        given.setdefault(named(str(path)), path)
    folders = {path: sorted(_walk(path)) for path in given.values() if str(path) != STDIN and path.is_dir()}
    of_folders = {_whole_path(file) for below in folders.values() for file in below}
    for path in given.values():
        below = folders.get(path)
        if below is None:
            if str(path) == STDIN or _whole_path(path) not in of_folders:
                yield path, LOOSE, False
            continue
        if not below:
            raise unusable(str(path), f"holds no file that ends with {', '.join(SUFFIXES)}.", _KNOWN, "folder")
        cluster = named(str(path))
        for file in below:
            yield file, cluster, True


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise unusable(str(error.filename), f"cannot be read: {error.strerror}.", "Let it be read.", "folder")

    for at, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            if name.lower().endswith(SUFFIXES):
                yield _file(Path(at, name))


def _file(path: Path) -> Path:
    """A file of a folder; one that is none could keep the gate waiting for ever."""
    if path.exists() and not path.is_file():
        raise unusable(str(path), "is no file: a pipe, a socket or a device.", "Take it out of the folder.")
    return path


def _whole_path(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - links stay as they are named


def text_of(path: Path) -> str:
    """What is in a file, or on standard input; raises SettingsError where it cannot be read as text."""
    try:
        if str(path) == STDIN:
            content = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise unusable(str(path), "is not there.", "Name a file or a folder.") from None
    except OSError as error:
        raise unusable(str(path), f"cannot be read: {error.strerror}.", "Name a file that may be read.") from error
    if len(content) > LARGEST:
        raise unusable(str(path), f"is larger than {LARGEST // 1024 // 1024} MiB.", "Split it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}."
        raise unusable(str(path), problem, "Save it as UTF-8.") from error


def _recognised(file: str, cluster: str, text: str, *, is_of_folder: bool) -> Reading | None:
    """What a text is; None for a file of a folder that is nothing of all this, and for empty Lists."""
    if not text.strip():
        if is_of_folder:
            return None
        raise unusable(file, "is empty.", _KNOWN)
    refused: UnreadableError | None = None
    if text.lstrip().startswith("{"):
        try:
            return _of_json(file, cluster, text, is_of_folder=is_of_folder)
        except UnreadableError as error:
            refused = error
    try:
        found = documents(text)
    except UnreadableError as error:
        hint = _TEMPLATE if refused is None and _BRACES in text else _MEND
        raise unusable(file, str(refused or error), hint) from error
    if any(is_object(document) for document in found):
        return _manifests(file, cluster, found)
    if is_of_folder:
        return None
    raise unusable(file, "is nothing that the gate can judge.", _KNOWN)


def _of_json(file: str, cluster: str, text: str, *, is_of_folder: bool) -> Reading | None:
    """What a JSON text is; raises UnreadableError where it is none."""
    content = _json(text)
    match content:
        case [dict(), *_] if isinstance(content, _Lines) and any(
            key.endswith("Event") for one in content for key in one
        ):
            return engine_files.events(file, content)
        case {"deployment": dict()}:
            return engine_files.export(file, content)
        case {"steps": list()}:
            return engine_files.preview(file, content)
        case {"resourcePlans": dict()}:
            return engine_files.plan(file, content)
        case {"apiVersion": _, "kind": _}:
            return _manifests(file, cluster, [plain(content)])
        case _ if is_of_folder:
            return None
        case _:
            raise unusable(file, "is JSON of nothing that the gate can judge.", _KNOWN)


def _manifests(file: str, cluster: str, found: Sequence[Plain]) -> Reading | None:
    """The objects of a file; None where they are Lists without any, which are nothing to judge."""
    reading = manifests(file, cluster, found)
    return reading if reading.resources else None


class _Lines(list[dict[str, Any]]):
    """JSON documents, one a line."""


def _json(text: str) -> Any:
    try:
        return _whole(text)
    except json.JSONDecodeError as error:
        lines = text.splitlines()
        if error.msg != "Extra data" or len(lines) < 2:
            raise UnreadableError(f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from error
    return _lines(lines)


def _lines(lines: Iterable[str]) -> _Lines:
    found = _Lines()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_whole(line))
            except json.JSONDecodeError as error:
                raise UnreadableError(f"is not JSON: line {number}, column {error.colno}: {error.msg}.") from error
    return found


def _whole(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise UnreadableError("is nested too deeply.") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableError(f"is not JSON that everyone reads alike: key {twice} stands twice.")
    return members


def _joined(readings: Sequence[Reading]) -> list[Reading]:
    """Saved plans with what they leave out, where an export of the same stack is given too."""
    exports = {urn: one for one in readings if one.form is Form.EXPORT for urn in one.stacks}
    joined: list[Reading] = []
    used: set[str] = set()
    for reading in readings:
        others = [exports[urn] for urn in reading.stacks if urn in exports]
        if reading.form is Form.PLAN and others:
            stacks = {
                urn: _over(exports[urn].stacks[urn] if urn in exports else (), found)
                for urn, found in reading.stacks.items()
            }
            used |= {other.file for other in others}
            parts = next((other for other in others if other.missing), None)
            missing, remedy = (parts.missing, parts.remedy) if parts else ("", "")
            joined.append(replace(reading, stacks=stacks, missing=missing, remedy=remedy))
        else:
            joined.append(reading)
    return [reading for reading in joined if reading.file not in used]


def _judged_as(found: Found) -> Found:
    """What is only a difference cannot be judged: what it leaves out is not what is absent."""
    if not found.is_difference:
        return found
    unseen = Node(Unknown("is only what changes; the stack's export beside it has the rest"), urn=found.resource.urn)
    return replace(found, resource=replace(found.resource, kind=OPAQUE, props=unseen))


def _over(standing: Sequence[Found], planned: Sequence[Found]) -> list[Found]:
    known = {found.resource.urn: found for found in standing}
    whole: list[Found] = []
    for found in planned:
        below = known.get(found.resource.urn)
        whole.append(_merged(below, found) if found.is_difference and below is not None else found)
    return whole


def _merged(below: Found, found: Found) -> Found:
    """What changes of a resource, laid over what stands."""
    props = found.resource.props
    before = cast("Mapping[str, Any]", below.resource.props.value)
    kept = {key: value for key, value in before.items() if key not in found.deleted}
    merged = {**kept, **cast("Mapping[str, Any]", props.value)}
    provider = found.resource.provider or below.resource.provider
    resource = replace(found.resource, props=Node(merged, urn=props.urn), provider=provider)
    return replace(found, resource=resource, is_difference=False)


def _refuse_twice(readings: Sequence[Reading]) -> None:
    seen: dict[str, str] = {}
    for reading in readings:
        for urn in reading.stacks if reading.form is not Form.MANIFESTS else ():
            if urn in seen:
                raise unusable(reading.file, f"holds the stack of {seen[urn]} too.", "Give one of the two.")
            seen[urn] = reading.file


def _refuse_nothing(readings: Sequence[Reading], passed_over: Sequence[str]) -> None:
    if not readings:
        raise unusable(passed_over[0] if passed_over else "gate", "holds nothing that the gate can judge.", _KNOWN)
    for reading in readings:
        if not reading.resources:
            problem = f"is {reading.form.one} without any resource: nothing was judged, and that is no pass."
            raise unusable(reading.file, problem, "Give the file of a stack that has some.")


def _refuse_parts(readings: Sequence[Reading]) -> None:
    for reading in readings:
        if reading.missing:
            raise unusable(reading.file, reading.missing, reading.remedy)
