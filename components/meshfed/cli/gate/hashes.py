"""`meshfed gate hash`: by what an object, or a script, is allowed for good."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer
import yaml

from meshfed.cli.gate.found import unusable
from meshfed.cli.gate.manifests import is_object, manifests
from meshfed.cli.gate.reading import LOOSE, text_of
from meshfed.rules.allowed import bound
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Node, WrongTypeError
from meshfed.rules.plain import Plain, UnreadableError
from meshfed.rules.resource import Resource
from meshfed.topology.mesh_filters import spec_sha256

app = typer.Typer()


@app.command("hash")
def hash_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A manifest, or a script that a cloud runs.")],
) -> None:
    """Write the entries of the exceptions file that allow what a file holds, for good and as it is now."""
    text = text_of(file)
    found = _objects(str(file), text)
    if not found:
        typer.echo(f"sha256: {hashlib.sha256(text.encode()).hexdigest()}")
        return
    entries = [_entry(str(file), resource) for resource in found]
    typer.echo(yaml.safe_dump(entries, sort_keys=False), nl=False)


def _objects(file: str, text: str) -> list[Resource]:
    """The objects of a manifest; none where a text is something else."""
    try:
        read: list[Plain] = documents(text)
    except UnreadableError:
        return []
    objects = [document for document in read if is_object(document)]
    reading = manifests(file, LOOSE, objects)
    return [found.resource for stack in reading.stacks.values() for found in stack]


def _entry(file: str, resource: Resource) -> dict[str, str]:
    try:
        name, namespace, content = resource.name, resource.namespace, _content(resource)
    except WrongTypeError as error:
        raise unusable(file, f"has an object whose name cannot be read: {error}.", "Mend it.") from error
    if not name or content.is_missing:
        raise unusable(file, "has an object without name or spec.", "Only an object with both can be allowed.")
    known = {"kind": resource.kind, "namespace": namespace, "name": name, "sha256": spec_sha256(content.value)}
    return {**known, "reason": "", "owner": ""}


def _content(resource: Resource) -> Node:
    """What an object is allowed by: its spec, a role's rules, webhooks, a binding's role and subjects, or the members
    of a Service."""
    if not resource.props["roleRef"].is_missing:
        return bound(resource)
    found = (resource.props[name] for name in ("rules", "webhooks", "endpoints", "subsets"))
    return next((node for node in found if not node.is_missing), resource.props["spec"])
