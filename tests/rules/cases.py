"""Cases of the rules: for each id a file with what must fail, what must pass, and what nobody can know yet.

A case is one resource (`object`: a Kubernetes object; or `type` and `inputs`: any other) or several (`stack`).
`beside: [mesh]` adds the resources of `beside/mesh.yaml`.
The text `<unknown>` stands for an output that is not known yet, `<secret>x` for a secret with the value x,
`<key>3` for a public key (the fourth of `facts_for`), and an object with the one key `json` for its JSON text.
A resource that says `base: NAME` is the one of `bases.yaml` with its own members laid over; null takes one out, and
what the base needs around it (`also`) comes along.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from meshfed.rules.resource import Options, Resource, resource_of
from meshfed.settings.gate import GateParameters
from tests.topology.federations import public_key

FOLDER = Path(__file__).parent / "cases"
BESIDE = Path(__file__).parent / "beside"
STACK = "urn:pulumi:case::tests::"
_BASES = Path(__file__).parent / "bases.yaml"
GROUPS = ("bad", "good", "unknown")
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Case:
    """One case of a rule."""

    rule: str
    group: str
    note: str
    """In what it differs from the other cases of its group."""
    specs: tuple[Mapping[str, Any], ...]
    parameters: GateParameters
    settings: Mapping[str, Any] | None
    """What is changed in the default settings, for rules about the plan."""
    facts: tuple[str, ...] = ()
    """Regions that are pinned, with the facts of `facts_for`."""

    def __str__(self) -> str:
        return f"{self.rule}-{self.group}-{self.note}".replace(" ", "-")

    @property
    def resources(self) -> list[Resource]:
        """What is judged."""
        return [_resource(spec, index) for index, spec in enumerate(self.specs)]


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case of every file."""
    return tuple(case for path in sorted(FOLDER.rglob("*.yaml")) for case in _cases(path))


def cases_of(rule: str, group: str) -> list[Case]:
    """The cases of a rule in one group."""
    return [case for case in all_cases() if case.rule == rule and case.group == group]


def loaded(path: Path) -> Any:
    """A file as YAML has it; by libyaml where there is one, since a pure reader takes seconds for all of them."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def content(path: Path) -> Mapping[str, Any]:
    """A file of cases as it stands."""
    return cast("Mapping[str, Any]", _meant(loaded(path)))


def _meant(value: object) -> object:
    if isinstance(value, Mapping):
        meant = {key: _meant(item) for key, item in cast("Mapping[str, object]", value).items()}
        return json.dumps(meant["json"]) if set(meant) == {"json"} else meant
    if isinstance(value, list):
        return [_meant(item) for item in cast("list[object]", value)]
    if isinstance(value, str) and value.startswith("<secret>"):
        return {_SIGNATURE: _SECRET, "value": value.removeprefix("<secret>")}
    if isinstance(value, str) and value.startswith("<key>"):
        return public_key(int(value.removeprefix("<key>")))
    return _UNKNOWN if value == "<unknown>" else value


def _cases(path: Path) -> Iterator[Case]:
    file = content(path)
    assert file["id"] == path.stem, f"{path} is about {file['id']}"
    for group in GROUPS:
        for spec in file.get(group) or ():
            yield Case(
                rule=path.stem,
                group=group,
                note=spec["note"],
                specs=(*own(spec), *(one for name in spec.get("beside", ()) for one in beside(name))),
                parameters=GateParameters.model_validate(spec.get("parameters") or {}),
                settings=spec.get("settings"),
                facts=tuple(spec.get("facts", ())),
            )


def own(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The resources of a case itself, without what stands beside it."""
    if "stack" in spec:
        for one in spec["stack"]:
            yield from own(one)
    elif "base" in spec:
        base = dict(_bases()[spec["base"]])
        also = base.pop("also", ())
        yield laid_over(base, {key: value for key, value in spec.items() if key != "base"})
        yield from also
    elif {"object", "type"} & set(spec):
        yield spec


@cache
def _bases() -> Mapping[str, Any]:
    return content(_BASES)


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """An object with the members of another laid over it, at every depth; lists are replaced."""
    merged = dict(below)
    for key, value in above.items():
        lower = merged.get(key)
        merged[key] = (
            laid_over(cast("Mapping[str, Any]", lower), cast("Mapping[str, Any]", value))
            if isinstance(value, Mapping) and isinstance(lower, Mapping)
            else value
        )
    return merged


@cache
def beside(name: str) -> tuple[Mapping[str, Any], ...]:
    """Resources that stand beside a case so that it fails for its own reason alone."""
    return tuple(_meant(loaded(BESIDE / f"{name}.yaml")))  # type: ignore[arg-type] - YAML has no types


def _resource(spec: Mapping[str, Any], index: int) -> Resource:
    inputs = spec["object"] if "object" in spec else spec.get("inputs", {})
    token = spec.get("type") or f"kubernetes:{_group(inputs)}:{inputs['kind']}"
    types = "$".join([*spec.get("under", ()), token])
    urn = f"{STACK}{types}::{spec.get('name', f'one-{index}')}"
    given = cast("Mapping[str, Any]", spec.get("options") or {})
    options = Options(
        ignore_changes=tuple(given.get("ignore_changes", ())),
        protect=given.get("protect"),
        retain_on_delete=given.get("retain_on_delete"),
        aliases=tuple(given.get("aliases", ())),
        hidden_diffs=tuple(given.get("hidden_diffs", ())),
        deleted_with=given.get("deleted_with", ""),
    )
    return resource_of(token, urn, inputs, options=options, provider=spec.get("provider", ""))


def _group(inputs: Mapping[str, Any]) -> str:
    version = str(inputs["apiVersion"])
    return version if "/" in version else f"core/{version}"
