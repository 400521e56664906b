"""Writes what the installed SDKs declare into the cache that `spec` reads: run as a process of its own.

`python -m meshfed_local.standins.reflect aws aws:ec2/subnet:Subnet …` reflects every resource of those modules.

A type expression is JSON: `"str"`, `"int"`, `"float"`, `"bool"`, `"any"`, `"asset"`, `{"list": T}`,
`{"map": T}`, `{"object": name}`, `{"enum": [values]}` or `{"any_of": [T, …]}`.
"""

import collections.abc
import enum
import fcntl
import functools
import importlib
import inspect
import json
import os
import re
import sys
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
from pulumi import _types  # pyright: ignore[reportPrivateUsage] -- the SDK's only reflection
from pulumi.runtime import rpc

from meshfed_local.standins.spec import PACKAGES, SdkError, cache_folder, file_name, sdk_folder

_SCALARS: dict[Any, str] = {str: "str", int: "int", float: "float", bool: "bool", Any: "any", object: "any"}


class Reflector:
    """Turns Python types of one SDK into type expressions and gathers the nested objects they name."""

    def __init__(self) -> None:
        self.types: dict[str, dict[str, list[Any]]] = {}

    def expression(self, hint: Any) -> Any:
        """The type expression of a Python annotation."""
        if hint in _SCALARS:
            return _SCALARS[hint]
        origin = typing.get_origin(hint)
        if origin is typing.Literal:
            return {"enum": list(typing.get_args(hint))}
        if origin in {typing.Union, types.UnionType}:
            return self._union(typing.get_args(hint))
        if origin in {collections.abc.Sequence, list}:
            return {"list": self.expression(typing.get_args(hint)[0])}
        if origin in {collections.abc.Mapping, dict}:
            return {"map": self.expression(typing.get_args(hint)[1])}
        if hint in {dict, collections.abc.Mapping}:
            return {"map": "any"}
        if isinstance(hint, type):
            return self._class(typing.cast("type[Any]", hint))
        raise SdkError(f"a type that reflection does not know: {hint!r}")

    def _union(self, members: tuple[Any, ...]) -> Any:
        wanted: list[Any] = []
        for member in members:
            if member is type(None) or _is_plumbing(member):
                continue
            found = self.expression(member)
            if found not in wanted:
                wanted.append(found)
        if "any" in wanted:
            return "any"
        return wanted[0] if len(wanted) == 1 else {"any_of": wanted}

    def _class(self, hint: type[Any]) -> Any:
        if issubclass(hint, enum.Enum):
            return {"enum": [member.value for member in hint.__members__.values()]}
        if issubclass(hint, pulumi.Asset | pulumi.Archive):
            return "asset"
        if issubclass(hint, pulumi.Resource):
            return "any"
        name = f"{hint.__module__}.{hint.__qualname__}"
        if name not in self.types:
            self.types[name] = {}
            if _types.is_input_type(hint):
                self.types[name] = dict(self.input_properties(hint))
            elif _types.is_output_type(hint):
                self.types[name] = dict(self._output_properties(hint))
            else:
                raise SdkError(f"a class that reflection does not know: {name}")
        return {"object": name}

    def input_properties(self, cls: type) -> Iterator[tuple[str, list[Any]]]:
        """Wire name -> [type expression, required] of an args class."""
        wire = _types.input_type_py_to_pulumi_names(cls)
        hints = _hints(cls.__init__, cls)
        for name, parameter in inspect.signature(cls.__init__).parameters.items():
            if name in wire:
                yield wire[name], [self.expression(hints[name]), parameter.default is parameter.empty]

    def _output_properties(self, cls: type) -> Iterator[tuple[str, list[Any]]]:
        hints = _types.output_type_types(cls)
        signature = inspect.signature(cls.__init__).parameters
        names = {wire: name for name, wire, _ in _py_properties(cls)}
        for wire, hint in hints.items():
            parameter = signature.get(names.get(wire, wire))
            required = parameter is not None and parameter.default is parameter.empty
            yield wire, [self.expression(hint), required]


def _py_properties(cls: type) -> tuple[tuple[str, str, property], ...]:
    return _types._py_properties(cls)  # pyright: ignore[reportPrivateUsage] -- no public way


def _is_plumbing(member: Any) -> bool:
    """Members of `Input[T]` beside T, and the TypedDict twins of args classes."""
    origin = typing.get_origin(member) or member
    return origin in {pulumi.Output, collections.abc.Awaitable} or typing.is_typeddict(origin)


@functools.cache
def _namespace(module: str) -> dict[str, Any]:
    # `Input[T]` is declared in pulumi.output and names these two without a module.
    return {"Output": pulumi.Output, "T": pulumi.output.T, **vars(sys.modules[module])}


def _hints(function: Callable[..., Any], cls: type) -> dict[str, Any]:
    return typing.get_type_hints(function, globalns=_namespace(cls.__module__))


def resource(token: str, cls: type) -> dict[str, Any]:
    """The spec of one resource class. Raises SdkError when it has no args class."""
    reflector = Reflector()
    module = sys.modules[cls.__module__]
    # `PublicIPAddressArgs` is a nested type where `PublicIPAddressInitArgs` exists.
    candidates = (getattr(module, f"{cls.__name__}{ending}", None) for ending in ("InitArgs", "Args"))
    args = next((found for found in candidates if found and found.__module__ == cls.__module__), None)
    if args is None:
        raise SdkError(f"{token}: {cls.__module__} has no args class")
    return {
        "token": token,
        "inputs": dict(reflector.input_properties(args)),
        "outputs": {name: reflector.expression(hint) for name, hint in _types.resource_types(cls).items()},
        "types": reflector.types,
    }


_ARGUMENT = re.compile(r"__args__\['(\w+)'\] = (\w+)")


def function(plugin: str, token: str) -> dict[str, Any]:
    """The spec of one look-up (`getAmi`). Raises SdkError when the SDK has none of that name."""
    name = token.rsplit(":", 1)[-1]
    for path in sorted(sdk_folder(plugin).rglob(f"{_snake(name)}.py")):
        parts = path.relative_to(sdk_folder(plugin).parent).with_suffix("").parts
        if f"invoke('{token}'" not in path.read_text():
            continue
        module = importlib.import_module(".".join(parts))
        called: Callable[..., Any] = getattr(module, path.stem)
        reflector = Reflector()
        hints = typing.get_type_hints(called, globalns=vars(module))
        parameters = inspect.signature(called).parameters
        result = getattr(module, f"{name[0].upper()}{name[1:]}Result")
        return {
            "token": token,
            "inputs": {
                wire: [reflector.expression(hints[python]), parameters[python].default is inspect.Parameter.empty]
                for wire, python in _ARGUMENT.findall(inspect.getsource(called))
            },
            "outputs": {wire: reflector.expression(hint) for wire, hint in _types.output_type_types(result).items()},
            "types": reflector.types,
        }
    raise SdkError(f"{token}: {PACKAGES[plugin]} knows no such function")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", r"_\g<0>", name).lower()


def siblings(plugin: str, token: str) -> Iterator[tuple[str, type]]:
    """Every resource of the SDK module that a token belongs to. Raises SdkError for an unknown token."""
    importlib.import_module(PACKAGES[plugin])
    registered = {
        name: (entry.mod_info["fqn"], class_name)
        for modules in rpc._RESOURCE_MODULES.values()  # pyright: ignore[reportPrivateUsage] -- see below
        for entry in typing.cast("list[Any]", modules)
        for name, class_name in entry.mod_info["classes"].items()
    }
    if token == f"pulumi:providers:{plugin}":
        yield token, importlib.import_module(PACKAGES[plugin]).Provider
        return
    # The table of registered modules is the only place where the SDK says which class a token is.
    if token not in registered:
        raise SdkError(f"{token}: {PACKAGES[plugin]} knows no such resource")
    home = registered[token][0]
    module = importlib.import_module(home)
    for name, (fqn, class_name) in registered.items():
        if fqn == home:
            yield name, getattr(module, class_name)


def write(folder: Path, spec: dict[str, Any]) -> None:
    """Put a spec into the cache in one step, as several plugins may fill it at once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(spec["token"])
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(spec, separators=(",", ":")))
    draft.replace(path)


def is_function(token: str) -> bool:
    """Whether a token names a look-up: the last part of a resource's token starts with a capital."""
    return not token.startswith("pulumi:providers:") and token.rsplit(":", 1)[-1][:1].islower()


def main(plugin: str, tokens: list[str]) -> None:
    """Reflect look-ups, and every resource of the modules that the tokens belong to, unless already cached."""
    folder = cache_folder(plugin)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # Plugins of two stacks start together: the second waits for the first one's work, not repeats it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for token in tokens:
            if (folder / file_name(token)).exists():
                continue
            if is_function(token):
                write(folder, function(plugin, token))
                continue
            for name, cls in siblings(plugin, token):
                write(folder, resource(name, cls))


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except SdkError as error:
        sys.exit(str(error))
