"""Outputs of a resource, every one that the SDK declares: echoed from inputs, special, or made from name and type.

A missing output is worse than a made-up one: it resolves to None in the program, and the dependency that should
have gone through it vanishes from the engine's graph.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from meshfed_local.standins.cloud import Cloud
from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.making import Making
from meshfed_local.standins.spec import Spec

_DEPTH = 4
"""Nested types may hold themselves; computed objects deeper than this stay empty."""


def outputs(making: Making, spec: Spec, cloud: Cloud, old_inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """All outputs of a new or updated resource; in a preview of a new one the computed ones are unknown."""
    synthesis = _Synthesis(making, spec, cloud)
    result = synthesis.all(old_inputs)
    if making.dry and making.previous is None:
        return result
    return {**result, **cloud.derived(making, result)}


class _Synthesis:
    def __init__(self, making: Making, spec: Spec, cloud: Cloud) -> None:
        self._making = making
        self._spec = spec
        self._cloud = cloud

    def all(self, old_inputs: Mapping[str, Any] | None) -> dict[str, Any]:
        """Every declared output."""
        previous = self._making.previous
        special: Mapping[str, Any] = self._special() if previous is None else {}
        result: dict[str, Any] = {}
        for name, kind in self._spec.outputs.items():
            given = self._making.inputs.get(name)
            kept = (special if previous is None else previous).get(name)
            if given is not None:
                result[name] = self._laid_under(given, kept, kind, self._input_kind(name))
            elif kept is not None and (old_inputs is None or old_inputs.get(name) is None):
                result[name] = kept
            else:
                result[name] = self._made(name, kind, computed=name not in self._spec.inputs, depth=0)
        return result

    def _special(self) -> Mapping[str, Any]:
        maker = self._cloud.outputs.get(self._making.resource.token)
        made = {} if maker is None else dict(maker(self._making))
        return _blurred(made) if self._making.dry else made

    def _input_kind(self, name: str) -> Any:
        field = self._spec.inputs.get(name)
        return None if field is None else field.type

    def _laid_under(self, given: Any, kept: Any, kind: Any, input_kind: Any) -> Any:
        """What was given, completed by what only the cloud knows: special values and computed properties."""
        if isinstance(given, Mapping):
            return self._completed(cast("Mapping[str, Any]", given), kept, kind, input_kind)
        if isinstance(given, Sequence) and not isinstance(given, str):
            items = cast("Sequence[Any]", given)
            if isinstance(kind, Mapping) and "map" in kind:
                # Azure takes identities as a list of ids, and answers with an object by id.
                inner = cast("Mapping[str, Any]", kind)["map"]
                return {str(item): self._made("", inner, computed=True, depth=1) for item in items}
            below = cast("Sequence[Any]", kept) if isinstance(kept, list) else ()
            inner, inner_input = _element(kind), _element(input_kind)
            return [
                self._laid_under(item, below[index] if index < len(below) else None, inner, inner_input)
                for index, item in enumerate(items)
            ]
        return given

    def _completed(self, given: Mapping[str, Any], kept: Any, kind: Any, input_kind: Any) -> dict[str, Any]:
        result = {name: value for name, value in given.items() if value is not None}
        below = cast("Mapping[str, Any]", kept if isinstance(kept, Mapping) else {})
        fields, inputs = self._fields(kind), self._fields(input_kind)
        for name, field in fields.items():
            if name in result:
                inner = inputs[name].type if name in inputs else None
                result[name] = self._laid_under(result[name], below.get(name), field.type, inner)
            elif name in below:
                result[name] = below[name]
            elif name not in inputs and inputs:
                result[name] = self._made(name, field.type, computed=True, depth=1)
        return result

    def _fields(self, kind: Any) -> Mapping[str, Any]:
        name = _object_name(kind)
        return self._spec.types.get(name, {}) if name else {}

    def _made(self, name: str, kind: Any, *, computed: bool, depth: int) -> Any:
        if self._making.dry:
            return UNKNOWN
        if isinstance(kind, Mapping):
            return self._made_compound(name, cast("Mapping[str, Any]", kind), computed=computed, depth=depth)
        if kind in {"int", "float"}:
            return 0
        if kind == "bool":
            return False
        if kind == "asset":
            return None
        return self._made_text(name) if computed else ""

    def _made_compound(self, name: str, kind: Mapping[str, Any], *, computed: bool, depth: int) -> Any:
        if "enum" in kind:
            return kind["enum"][0]
        if "any_of" in kind:
            return self._made(name, kind["any_of"][0], computed=computed, depth=depth)
        if "list" in kind:
            return []
        if "map" in kind or not computed or depth >= _DEPTH:
            return {}
        return {
            inner: self._made(inner, field.type, computed=True, depth=depth + 1)
            for inner, field in self._fields(kind).items()
        }

    def _made_text(self, name: str) -> str:
        own = self._cloud.computed(self._making, name)
        return _by_name(self._making, name) if own is None else own


def _by_name(making: Making, name: str) -> str:
    """A plausible string for a computed property, judged by the end of its name."""
    lowered = name.lower()
    if lowered == "id":
        return making.id
    if lowered.endswith(("status", "state")):
        return "ACTIVE"
    if lowered.endswith(("time", "timestamp", "createdat", "createddate", "date")):
        return making.now()
    if lowered.endswith(("url", "uri", "endpoint")):
        return f"https://{making.hex(32)}.example.net"
    if lowered.endswith(("dnsname", "fqdn", "domainname", "hostname")):
        return f"{making.hex(16)}.example.net"
    return making.hex(20)


def _blurred(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _blurred(item) for name, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_blurred(item) for item in cast("list[Any]", value)]
    return UNKNOWN


def _element(kind: Any) -> Any:
    return kind.get("list") or kind.get("map") if isinstance(kind, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- a type expression


def _object_name(kind: Any) -> str | None:
    if not isinstance(kind, Mapping):
        return None
    expression = cast("Mapping[str, Any]", kind)
    if "object" in expression:
        return expression["object"]
    names = (_object_name(member) for member in expression.get("any_of", ()))
    return next((name for name in names if name), None)
