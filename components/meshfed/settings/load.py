"""Reads settings and facts files, and what an owner tells the gate; no other module of settings opens a file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from meshfed.errors import Fault, SettingsError
from meshfed.settings.fact_checks import fact_faults
from meshfed.settings.facts import Facts
from meshfed.settings.faults import faults_of
from meshfed.settings.federation import Federation
from meshfed.settings.gate import Exceptions, GateConfiguration, GateOptions
from meshfed.settings.model import Settings
from meshfed.settings.region_checks import region_faults
from meshfed.settings.service_checks import service_faults

Model = TypeVar("Model", bound=Settings)

_NAMES = {
    "settings": "Give --settings FILE (in a stack's file: `meshfed:settings`).",
    "facts": "Give --facts FILE (in a stack's file: `meshfed:facts`).",
    "exceptions": "Give --exceptions FILE.",
    "config": "Give --config FILE.",
}
_FORMS = {
    "settings": "See stacks/config/gallery for examples.",
    "facts": "`meshfed pin` writes it.",
    "exceptions": "See docs/rules/waivers.md.",
    "config": "See docs/rules/waivers.md.",
}


def load_federation(path: Path) -> Federation:
    """The federation that a settings file describes; raises SettingsError with all faults of the file at once."""
    raw = _read(path, "settings")
    found: list[Fault] = []
    federation = _validate(Federation, raw, found)
    found += region_faults(raw)
    found += service_faults(raw)
    if federation is None or found:
        raise SettingsError(str(path), found)
    return federation


def load_facts(path: Path, federation: Federation) -> Facts:
    """The pinned facts; a file that is not there means that nothing is pinned yet.

    Raises SettingsError where the file is not well formed or does not fit the federation.
    """
    facts = read_facts(path)
    found = list(fact_faults(facts, federation))
    if found:
        raise SettingsError(str(path), found)
    return facts


def read_facts(path: Path) -> Facts:
    """The pinned facts, whether or not they fit a federation: pinning again mends what does not."""
    if not path.exists():
        return Facts()
    return _checked(str(path), Facts, _read(path, "facts"))


def load_exceptions(path: Path) -> Exceptions:
    """Waivers and permanent exceptions; raises SettingsError where the file is not there or not well formed."""
    return _checked(str(path), Exceptions, _read(path, "exceptions"))


def load_gate_configuration(path: Path) -> GateConfiguration:
    """Levels and parameters of the policy gate; raises SettingsError where the file is not there or not well formed."""
    return _checked(str(path), GateConfiguration, _read_json(path, "config"))


def gate_options(where: str, raw: Mapping[str, Any]) -> GateOptions:
    """The entry `meshfed` of a configuration as an engine hands it over; raises SettingsError with all its faults."""
    return _checked(where, GateOptions, dict(raw))


def _checked(where: str, model: type[Model], raw: dict[str, Any]) -> Model:
    found: list[Fault] = []
    checked = _validate(model, raw, found)
    if checked is None:
        raise SettingsError(where, found)
    return checked


def _validate(model: type[Model], raw: dict[str, Any], found: list[Fault]) -> Model | None:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found += faults_of(error, model)
        return None


def _read(path: Path, kind: str) -> dict[str, Any]:
    text = _text(path, kind)
    try:
        content: object = cast("Any", YAML(typ="safe", pure=True)).load(text)
    except RecursionError:
        raise _unusable(path, "is nested too deeply.", _FORMS[kind]) from None
    except DuplicateKeyError as error:
        problem = _problem(error).partition(" with value")[0]
        raise _unusable(path, f"{problem}; keys are unique.", "Keep one.", _position(error)) from error
    except MarkedYAMLError as error:
        raise _unusable(path, f"is not YAML: {_problem(error)}.", "Mend the line.", _position(error)) from error
    except YAMLError as error:
        # Characters that YAML forbids come with a text of several lines.
        raise _unusable(path, f"is not YAML: {str(error).partition(chr(10))[0]}.", "Mend the file.") from error
    except (ValueError, KeyError) as error:
        # The reader's own conversions do not say where they are.
        problem = "holds a value that YAML cannot make: a day that is none, a number too long or a wrong `!!` tag."
        raise _unusable(path, problem, "Put it in quotes, or mend it.") from error
    return _mapping(path, kind, content)


_YAML = (".yaml", ".yml")


def _read_json(path: Path, kind: str) -> dict[str, Any]:
    text = _text(path, kind)
    try:
        content: object = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        hint = "The engine takes JSON alone; write it so." if path.suffix in _YAML else "Mend the line."
        raise _unusable(path, f"is not JSON: {error.msg}.", hint, where) from error
    except RecursionError:
        raise _unusable(path, "is nested too deeply.", _FORMS[kind]) from None
    except _TwiceError as error:
        raise _unusable(path, f'key "{error}" stands twice; keys are unique.', "Keep one.") from error
    return _mapping(path, kind, content)


class _TwiceError(Exception):
    """A key of an object that stands there already."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise _TwiceError(key)
        members[key] = value
    return members


def _text(path: Path, kind: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _unusable(path, "is not there.", _NAMES[kind]) from None
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}."
        raise _unusable(path, problem, "Save it as UTF-8.") from error
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}.", _NAMES[kind]) from error


def _mapping(path: Path, kind: str, content: object) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise _unusable(path, "is empty." if content is None else "is not a mapping.", _FORMS[kind])
    return cast("dict[str, Any]", content)


def _unusable(path: Path, problem: str, hint: str, where: str = "file") -> SettingsError:
    return SettingsError(str(path), [Fault(where, "", problem, hint)])


def _problem(error: MarkedYAMLError) -> str:
    return str(cast("Any", error).problem or "broken")


def _position(error: MarkedYAMLError) -> str:
    mark = cast("Any", error).problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "file"
