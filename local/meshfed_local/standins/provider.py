"""What a cloud plugin does with resources, in plain values: check, compare, create, read, update, delete, look up.

The engine's protocol is `server`'s matter; what differs between clouds is `cloud`'s.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from meshfed.errors import MeshfedError
from meshfed_local.standins import cloud, keys, references, replaces, synth
from meshfed_local.standins.differences import Change, changes
from meshfed_local.standins.faults import UNKNOWN, Fault
from meshfed_local.standins.making import Making
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.spec import SdkError, Spec, Specs
from meshfed_local.standins.typecheck import TypeCheck
from meshfed_local.standins.world import Record, World

_DEFAULTS = "__defaults"
"""Key of checked inputs that lists the names made up here, as bridged plugins write it."""
_SHOWN_USERS = 5


class RefusedError(MeshfedError):
    """The cloud refuses what the engine asks for; nothing was changed."""


class InputsError(MeshfedError):
    """A component cannot be built; holds every fault of its inputs."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in faults))


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs as the plugin takes them, and what is wrong with them."""

    inputs: dict[str, Any]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a deployment would change in one resource."""

    changes: tuple[Change, ...]
    delete_first: bool
    """Whether the old one must go before the new one: two can't have the same given name."""


def split(urn: str) -> tuple[str, str]:
    """Type token and logical name of a URN."""
    parts = urn.split("::", 3)
    return parts[2].rsplit("$", 1)[-1], parts[3]


class Provider:
    """One configured plugin process."""

    def __init__(self, plugin: str, world: World) -> None:
        self._world = world
        self._cloud = cloud.load(plugin)
        self._specs = Specs(plugin)
        self._config: Mapping[str, Any] = {}
        self._met: set[tuple[str, str]] = set()
        """Records that the engine has named by id: it knows of them."""

    def check_config(self, config: Mapping[str, Any]) -> tuple[Fault, ...]:
        """What is wrong with the provider's own settings."""
        spec = self._specs.of(f"pulumi:providers:{self._cloud.plugin}")
        known = {name: value for name, value in config.items() if name not in {"version", "pluginDownloadURL"}}
        found = tuple(TypeCheck(spec, self._cloud.closed_enums).faults(known))
        return found or tuple(self._cloud.settings(known))

    def text_settings(self) -> frozenset[str]:
        """Those of the provider's settings that are texts, whatever they look like."""
        spec = self._specs.of(f"pulumi:providers:{self._cloud.plugin}")
        return frozenset(name for name, field in spec.inputs.items() if field.type == "str")

    @property
    def config(self) -> Mapping[str, Any]:
        """The provider's settings."""
        return self._config

    def notes(self, token: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """What the user has to be told of a resource that is taken, but less well checked than others."""
        return tuple(self._cloud.notes(token, inputs))

    def configure(self, config: Mapping[str, Any]) -> None:
        """Take the provider's settings."""
        self._config = config

    def check(self, urn: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None) -> Checked:
        """Inputs with their name filled in, and every fault: types first, then references and rules."""
        token, _ = split(urn)
        try:
            spec = self._cloud.spec(self._specs, token, news)
        except SdkError as error:
            return Checked(dict(news), (Fault("", str(error), "a type of the installed SDK"),))
        given = {name: value for name, value in news.items() if name != _DEFAULTS}
        found = tuple(TypeCheck(spec, self._cloud.closed_enums).faults(given))
        inputs = self._named(urn, spec, given, olds)
        if not found:
            resource = self._resource(urn, inputs, olds)
            found = (*references.dangling(resource, self._cloud, self._world), *self._judged(resource))
        return Checked(inputs, found)

    def _judged(self, resource: Resource) -> tuple[Fault, ...]:
        rules = cloud.rules(self._cloud.plugin, resource.token)
        return tuple(fault for rule in rules for fault in rule(resource, self._world))

    def _resource(self, urn: str, inputs: Mapping[str, Any], olds: Mapping[str, Any] | None) -> Resource:
        token, name = split(urn)
        bare = {key: value for key, value in inputs.items() if key != _DEFAULTS and value is not None}
        old = None if olds is None else {key: value for key, value in olds.items() if key != _DEFAULTS}
        return Resource(token, urn, name, bare, old, self._config)

    def _named(self, urn: str, spec: Spec, given: Mapping[str, Any], olds: Mapping[str, Any] | None) -> dict[str, Any]:
        token, logical = split(urn)
        naming = self._cloud.naming(token, spec)
        if (
            naming is None
            or given.get(naming.property) is not None
            or given.get(f"{naming.property}Prefix") is not None
        ):
            return dict(given)
        # Of a run that was killed after creating: the same name again finds the same thing again.
        orphan = next(iter(self._unmet(urn)), None)
        found = orphan.inputs if olds is None and orphan else olds
        before: Mapping[str, Any] = {} if found is None else found
        kept = before.get(naming.property) if naming.property in (before.get(_DEFAULTS) or ()) else None
        name = kept or naming.make(logical, secrets.token_hex(8))
        return {**given, naming.property: name, _DEFAULTS: [naming.property]}

    def _unmet(self, urn: str) -> list[Record]:
        return [record for record in self._world.by_urn(urn) if (record.urn, record.id) not in self._met]

    def diff(self, urn: str, identifier: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
        """What changed between the last inputs and these, and how the cloud would carry it out."""
        self._met.add((urn, identifier))
        token, _ = split(urn)
        found = changes(old, new, replaces.paths(self._cloud.plugin, token) | self._name_path(token, new))
        if not any(change.replaces for change in found):
            return Difference(found, delete_first=False)
        naming = self._cloud.naming(token, self._cloud.spec(self._specs, token, new))
        name = naming.property if naming else next(iter(self._name_path(token, new)), "name")
        fixed = new.get(name) is not None and name not in (new.get(_DEFAULTS) or ())
        return Difference(found, delete_first=fixed and old.get(name) == new.get(name))

    def _name_path(self, token: str, inputs: Mapping[str, Any]) -> frozenset[str]:
        naming = self._cloud.naming(token, self._cloud.spec(self._specs, token, inputs))
        return frozenset() if naming is None else frozenset({naming.property})

    def create(self, urn: str, inputs: Mapping[str, Any], *, preview: bool) -> tuple[str, dict[str, Any]]:
        """Id and outputs of a new thing; the id is empty in a preview. Raises RefusedError when its id is taken."""
        spec = self._cloud.spec(self._specs, split(urn)[0], inputs)
        resource = self._resource(urn, inputs, None)
        making = Making(resource, self._world, "", dry=preview)
        if preview:
            return "", synth.outputs(making, spec, self._cloud, None)
        with self._world.transaction():
            for record in self._unmet(urn):
                if record.inputs == dict(inputs):
                    return record.id, dict(record.outputs)
            self._refuse_unmet(resource)
            making = replace(making, id=self._cloud.identity(making))
            self._refuse_taken(making)
            self._refuse_late(making)
            outputs = synth.outputs(making, spec, self._cloud, None)
            self._put(making, inputs, outputs)
        self._met.add((urn, making.id))
        return making.id, outputs

    def seed(self, urn: str, inputs: Mapping[str, Any], identifier: str | None, outputs: Mapping[str, Any]) -> Record:
        """A thing that was there before any deployment, with a given id and outputs where they matter.

        Seeding the same again changes nothing. Raises RefusedError with every fault of the inputs.
        """
        standing = self._world.by_urn(urn)
        if standing:
            return standing[0]
        checked = self.check(urn, inputs, None)
        if checked.faults:
            raise RefusedError(f"{urn}: " + "; ".join(str(fault) for fault in checked.faults))
        spec = self._cloud.spec(self._specs, split(urn)[0], checked.inputs)
        with self._world.transaction():
            making = Making(self._resource(urn, checked.inputs, None), self._world, "")
            making = replace(making, id=identifier or self._cloud.identity(making))
            self._refuse_taken(making)
            made = {**synth.outputs(making, spec, self._cloud, None), **outputs}
            self._put(making, checked.inputs, made)
        return self._world.by_urn(urn)[0]

    def _refuse_unmet(self, resource: Resource) -> None:
        found = tuple(self._cloud.refusals(resource, self._world))
        if found:
            raise RefusedError(f"{resource.token} `{resource.name}`: " + "; ".join(str(fault) for fault in found))

    def _refuse_taken(self, making: Making) -> None:
        token, scope = making.resource.token, self._cloud.scope(making)
        other = self._world.by_id(making.id, token)
        if other is not None and other.provider.get("scope") == scope:
            raise RefusedError(
                f"{token} `{making.resource.name}`: `{making.id}` exists already, as {other.urn}; "
                "wanted: a name that nothing else has. Choose another, or import the existing one."
            )

    def _refuse_late(self, making: Making) -> None:
        """Judge again while nobody else writes: two siblings that were checked before either was made meet here."""
        token, found = making.resource.token, self._judged(making.resource)
        if found:
            # Without the values: which of them are secrets is not known here.
            listed = "; ".join(f"{fault.path or '(resource)'}: wanted: {fault.wanted}" for fault in found)
            raise RefusedError(f"{token} `{making.resource.name}`: something made since refuses it: {listed}")

    def _put(self, making: Making, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        resource = making.resource
        known = references.identifiers(resource.inputs, outputs, self._cloud, self._world)
        mine = self._world.get(resource.urn, making.id)
        self._world.put(
            Record(
                urn=resource.urn,
                token=resource.token,
                id=making.id,
                name=resource.name,
                inputs=dict(inputs),
                outputs=dict(outputs),
                provider={**self._config, "scope": self._cloud.scope(making)},
                identifiers=(*(mine.identifiers if mine else ()), *known, *self._caseless(making.id)),
                uses=references.uses(resource, making.id, self._cloud, self._world),
            )
        )

    def _caseless(self, identifier: str) -> tuple[str, ...]:
        return (identifier.lower(),) if self._cloud.caseless else ()

    def read(self, urn: str, identifier: str) -> Record | None:
        """What exists under an id, as it is now; None when it is gone. An import reads what another URN made."""
        self._met.add((urn, identifier))
        return self._find(urn, identifier)

    def _find(self, urn: str, identifier: str) -> Record | None:
        return self._world.get(urn, identifier) or self._world.by_id(identifier, split(urn)[0])

    def update(self, urn: str, identifier: str, inputs: Mapping[str, Any], *, preview: bool) -> dict[str, Any]:
        """New outputs of an existing thing. Raises RefusedError when it is gone."""
        self._met.add((urn, identifier))
        spec = self._cloud.spec(self._specs, split(urn)[0], inputs)
        with self._world.transaction():
            record = self._find(urn, identifier)
            if record is None:
                raise RefusedError(f"{urn}: `{identifier}` does not exist any more. Run `pulumi refresh`, then again.")
            resource = replace(self._resource(urn, inputs, record.inputs), urn=record.urn)
            making = Making(resource, self._world, identifier, previous=record.outputs, dry=preview)
            outputs = synth.outputs(making, spec, self._cloud, record.inputs)
            if not preview:
                self._refuse_unmet(resource)
                self._put(making, inputs, outputs)
        return outputs

    def _holders(self, record: Record) -> tuple[tuple[Record, str], ...]:
        if record.token in self._cloud.kept_apart:
            return ()
        # S3's settings of a bucket go by the bucket's name; whoever refers to that name means the bucket.
        if record.id in {name for _, name in record.uses}:
            return ()
        free = self._cloud.not_held_by.get(record.token, frozenset())
        return tuple((user, path) for user, path in self._world.users(record) if user.token not in free)

    def delete(self, urn: str, identifier: str) -> None:
        """Remove a thing; silent when it is gone. Raises RefusedError while others still use it."""
        with self._world.transaction():
            record = self._find(urn, identifier)
            if record is None:
                return
            users = self._holders(record)
            if users:
                named = [f"{user.urn} ({path})" for user, path in users[:_SHOWN_USERS]]
                raise RefusedError(
                    f"{record.token} `{identifier}` is still used by {len(users)} other(s); "
                    f"wanted: nothing that refers to it. Delete first: {', '.join(named)}"
                )
            self._world.remove(record.urn, record.id)
        keys.forget(self._world, record.identifiers)

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fault, ...]]:
        """The answer to a look-up, or what is wrong with it."""
        table = cloud.invokes(self._cloud.plugin)
        if token not in table:
            listed = ", ".join(sorted(table))
            return {}, (Fault("", f"the local target answers no {token}", f"one of {listed}"),)
        found = tuple(TypeCheck(self._specs.of(token), self._cloud.closed_enums).faults(arguments))
        if found or any(value is UNKNOWN for value in arguments.values()):
            return {}, found
        try:
            return dict(table[token](arguments, self._world, self._config)), ()
        except cloud.LookupFault as error:
            return {}, (error.fault,)
