"""Custom resources against the schema of their CustomResourceDefinition.

Unknown properties are faults, though an API server would drop them with a warning: what is dropped was meant.
Rules in CEL (`x-kubernetes-validations`) are not evaluated.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.kubernetes.kinds import Kind, known_text, listed, mapping

_LONGEST_MESSAGE: Final = 300
_TYPES: Final = frozenset({"array", "boolean", "integer", "number", "object", "string"})
_FRAME: Final = frozenset({"apiVersion", "kind", "metadata"})


def group_of(definition: Mapping[str, Any]) -> str:
    """The API group of a definition."""
    return known_text(mapping(definition.get("spec")).get("group"))


def version_of(definition: Mapping[str, Any], kind: Kind) -> Mapping[str, Any] | None:
    """The served version of a kind in a definition, or None when it defines another one."""
    spec = mapping(definition.get("spec"))
    if spec.get("group") != kind.group or mapping(spec.get("names")).get("kind") != kind.name:
        return None
    for item in listed(spec.get("versions")):
        version = mapping(item)
        if version.get("name") == kind.version and version.get("served"):
            return version
    return None


def is_namespaced(definition: Mapping[str, Any]) -> bool:
    """Whether objects of a definition live in namespaces."""
    return mapping(definition.get("spec")).get("scope") == "Namespaced"


def definition_faults(definition: Mapping[str, Any]) -> Iterator[Fault]:
    """What an API server refuses in a definition: its name, and schemas that are none."""
    spec = mapping(definition.get("spec"))
    wanted = f"{mapping(spec.get('names')).get('plural')}.{spec.get('group')}"
    name = mapping(definition.get("metadata")).get("name")
    if isinstance(name, str) and name != wanted:
        yield Fault("metadata.name", f"{name!r} is not plural and group", wanted)
    stored = 0
    for index, item in enumerate(listed(spec.get("versions"))):
        version = mapping(item)
        stored += version.get("storage") is True
        path = f"spec.versions[{index}].schema.openAPIV3Schema"
        yield from _unstructural(mapping(version.get("schema")).get("openAPIV3Schema"), path)
    if stored != 1:
        yield Fault("spec.versions", f"{stored} of them are stored", "exactly one with `storage: true`")


def _unstructural(schema: Any, path: str) -> Iterator[Fault]:
    """Parts of a schema without a known type: such a schema is not structural, and v1 takes no other."""
    if not isinstance(schema, Mapping):
        yield Fault(path, "it is no schema", "an object")
        return
    given = mapping(schema)
    free = given.get("x-kubernetes-int-or-string") or given.get("x-kubernetes-preserve-unknown-fields")
    if given.get("type") not in _TYPES and not (free and given.get("type") is None):
        yield Fault(f"{path}.type", f"it is {given.get('type')!r}", f"one of {', '.join(sorted(_TYPES))}")
    if given.get("type") == "array" and "items" not in given:
        yield Fault(f"{path}.items", "it is missing", "the schema of the list's members")
    for name, item in mapping(given.get("properties")).items():
        yield from _unstructural(item, f"{path}.properties.{name}")
    for name in ("items", "additionalProperties"):
        if name in given and not isinstance(given[name], bool):
            yield from _unstructural(given[name], f"{path}.{name}")


def object_faults(version: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Fault]:
    """What does not fit the schema of the object's version; all its values must be known."""
    schema = mapping(version.get("schema")).get("openAPIV3Schema")
    if schema is None:
        return
    validator = _validator(json.dumps(schema, sort_keys=True))
    body = {name: value for name, value in inputs.items() if name not in _FRAME}
    errors = cast("Iterator[ValidationError]", validator.iter_errors(body))  # pyright: ignore[reportUnknownMemberType] -- untyped parameter
    for error in sorted(errors, key=lambda one: one.json_path):
        yield Fault(error.json_path.removeprefix("$").removeprefix("."), _message(error), _wanted(error))


@lru_cache(maxsize=64)
def _validator(schema: str) -> Draft202012Validator:
    strict: dict[str, Any] = _strict(json.loads(schema))
    # The frame is the type check's matter; definitions may name it or leave it out.
    return Draft202012Validator(
        {**strict, "required": [name for name in listed(strict.get("required")) if name not in _FRAME]}
    )


_COMBINING: Final = ("allOf", "anyOf", "oneOf", "not")


def _strict(schema: Any, *, combined: bool = False) -> Any:
    """A schema in today's JSON Schema, closed against properties that it does not name.

    What is `combined` says more about an object that another schema names the properties of.
    """
    if isinstance(schema, list):
        return [_strict(item, combined=combined) for item in listed(schema)]
    if not isinstance(schema, Mapping):
        return schema
    given = dict(mapping(schema))
    result = {name: value for name, value in given.items() if not name.startswith("x-kubernetes-")}
    for name in ("properties", "patternProperties"):
        if name in given:
            result[name] = {key: _strict(item, combined=combined) for key, item in mapping(given[name]).items()}
    for name in ("items", "additionalProperties", *_COMBINING):
        if name in given:
            result[name] = _strict(given[name], combined=combined or name in _COMBINING)
    free = given.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in given
    if "properties" in given and not free and not combined:
        result["additionalProperties"] = False
    return {**result, **_types(given)}


def _types(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The types that Kubernetes' own words allow, in JSON Schema's."""
    kinds = ["integer", "string"] if schema.get("x-kubernetes-int-or-string") else [schema.get("type")]
    if kinds == [None]:
        return {}
    return {"type": [*kinds, "null"] if schema.get("nullable") else kinds}


def _message(error: ValidationError) -> str:
    text = str(error.message)
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


def _wanted(error: ValidationError) -> str:
    description = mapping(error.schema).get("description")
    about = str(description).split("\n", 1)[0] if description else "what its CustomResourceDefinition says"
    return f"{about} ({error.validator}: {json.dumps(error.validator_value)[:_LONGEST_MESSAGE]})"
