"""Puts what existed before into a world: the networks and clusters that a brownfield federation builds on.

`python -m meshfed_local.standins.seed FILE`, with the world named by the environment. FILE is YAML or JSON:

    resources:
      - type: aws:ec2/vpc:Vpc
        name: corporate
        id: vpc-0123456789abcdef0        # optional: what settings name it by
        provider: {region: us-east-1}
        inputs: {cidrBlock: 10.0.0.0/16}
        outputs: {}                      # optional: what must not be made up
    issued: ["arn:aws:iam::111122223333:role/admin"]   # ids that exist, of no resource
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import yaml

from meshfed.errors import MeshfedError
from meshfed_local.standins.provider import Provider
from meshfed_local.standins.world import Record, World

_KEYS: Final = frozenset({"type", "name", "id", "provider", "inputs", "outputs"})


class SeedError(MeshfedError):
    """A seed file cannot be used; the message says where and what is wanted."""


def seed(world: World, resources: Sequence[Mapping[str, Any]], issued: Sequence[str] = ()) -> tuple[Record, ...]:
    """Make the resources, in order, unless they stand already; and note ids that exist without one."""
    for identifier in issued:
        world.issue(identifier, "seed")
    return tuple(_one(world, index, resource) for index, resource in enumerate(resources))


def _one(world: World, index: int, resource: Mapping[str, Any]) -> Record:
    unknown = sorted(set(resource) - _KEYS)
    if unknown or not {"type", "name", "inputs"} <= set(resource):
        wanted = f"type, name and inputs, and no keys beside {', '.join(sorted(_KEYS))}"
        raise SeedError(f"resources[{index}]: it has {', '.join(sorted(resource))}; wanted: {wanted}")
    token = str(resource["type"])
    provider = Provider(token.split(":", maxsplit=1)[0], world)
    provider.configure(resource.get("provider") or {})
    urn = f"urn:pulumi:existing::existing::{token}::{resource['name']}"
    return provider.seed(urn, resource["inputs"], resource.get("id"), resource.get("outputs") or {})


def main(path: Path) -> None:
    """Seed the world that the environment names from a file."""
    try:
        raw: Any = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise SeedError(f"{path}: it cannot be read: {error}") from error
    if not isinstance(raw, Mapping):
        raise SeedError(f"{path}: it holds no object; wanted: the keys resources and issued")
    content = cast("Mapping[str, Any]", raw)
    for record in seed(World.open(), content.get("resources") or (), content.get("issued") or ()):
        sys.stdout.write(f"{record.token} {record.name} {record.id}\n")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except MeshfedError as problem:
        sys.exit(str(problem))
