"""Cases of the rules in the languages that scanners read: Kubernetes manifests, Terraform, ARM templates."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

import yaml

from bench.scanners import arm, hcl
from meshfed.rules.forms.expand import expand
from meshfed.rules.plain import Plain, Unknown
from meshfed.rules.resource import Resource
from meshfed_local.verify.judge import TOOLS, Court
from meshfed_local.verify.names import property_name
from meshfed_local.verify.schema import Block
from meshfed_local.verify.translate import translate
from tests.rules.admitted import as_admitted
from tests.rules.cases import Case


class Language(StrEnum):
    """What a scanner reads."""

    KUBERNETES = "kubernetes"
    TERRAFORM = "terraform"
    ARM = "arm"


FILES = {Language.KUBERNETES: "objects.yaml", Language.TERRAFORM: "main.tf", Language.ARM: "template.json"}


@dataclass
class Given:
    """One case as scanners get it."""

    case: Case
    number: int
    texts: dict[Language, str] = field(default_factory=dict[Language, str])
    kinds: set[str] = field(default_factory=set[str])
    left: list[str] = field(default_factory=list[str])
    """What could not be given, and why."""

    @property
    def folder(self) -> str:
        """Its folder's name."""
        return f"case-{self.number:04}"

    @property
    def is_whole(self) -> bool:
        """Whether all of it could be given."""
        return bool(self.texts) and not self.left


class Translator:
    """Writes cases; holds the clouds' provider code, which knows the names that Terraform has for things."""

    def __init__(self, court: Court) -> None:
        self._court = court

    def given(self, case: Case, number: int) -> Given:
        """A case in every language that it needs."""
        result = Given(case, number)
        if case.settings is not None:
            result.left.append("the plan of a federation, which no scanner reads")
        objects: list[Mapping[str, Any]] = []
        terraform: list[hcl.Written] = []
        templates: list[tuple[str, str, Mapping[str, Any]]] = []
        for index, resource in enumerate(case.resources):
            package = resource.token.partition(":")[0]
            if package == "kubernetes":
                objects += self._objects(result, resource)
            elif package in TOOLS:
                terraform += self._terraform(result, resource, f"one_{index}")
            elif (kind := arm.type_of(resource.kind)) is not None:
                result.kinds.add(resource.kind)
                templates.append((kind, resource.logical_name, _values(resource)))
            else:
                result.left.append(f"{resource.token}, which has no form outside of Pulumi that a scanner reads")
            if resource.options.ignore_changes or resource.options.protect is not None:
                result.left.append("Pulumi's options of a resource")
        if objects:
            result.texts[Language.KUBERNETES] = yaml.safe_dump_all(objects, sort_keys=False)
        if terraform:
            result.texts[Language.TERRAFORM] = hcl.resources(terraform)
        if templates:
            result.texts[Language.ARM] = arm.template(templates)
        return result

    def _objects(self, result: Given, resource: Resource) -> Iterator[Mapping[str, Any]]:
        """The objects as a cluster gets them: what is in Lists and in text stands by itself."""
        seen: list[str] = []
        for part in expand(resource):
            content = as_admitted(part)
            text = json.dumps(content, sort_keys=True)
            if content is not None and text not in seen:
                seen.append(text)
                result.kinds.add(part.kind)
                yield content
        if not seen:
            result.left.append(f"{resource.token}: values of a chart without the chart, or text that is no manifest")

    def _terraform(self, result: Given, resource: Resource, label: str) -> Iterator[hcl.Written]:
        package = resource.token.partition(":")[0]
        # Terraform has one name for what Pulumi's aliases mean.
        name = self._court.type_of(resource.token) or self._court.type_of(resource.kind)
        if name is None:
            result.left.append(f"{resource.token}, which Terraform does not have")
            return
        block = self._court.judge_of(package).block(name)
        translated = translate(name, _documents(_lowered(_values(resource)), block), block)
        result.left += [f"{resource.token}: {misfit.path}: {misfit.problem}" for misfit in translated.misfits]
        result.kinds.add(resource.kind)
        yield hcl.Written(name, label, translated.config, block)


def _documents(inputs: Mapping[str, Any], block: Block) -> dict[str, Any]:
    """Inputs with policies as text, which may be written as objects for Pulumi."""
    texts = {name for name, attribute in block.attributes.items() if attribute.type == "string"}
    return {
        key: json.dumps(value) if isinstance(value, dict) and property_name(key, texts) else value
        for key, value in inputs.items()
    }


def _values(resource: Resource) -> dict[str, Any]:
    value = resource.props.value
    known = _known(value)
    return cast("dict[str, Any]", known) if isinstance(known, dict) else {}


def _known(value: Plain) -> Any:
    if isinstance(value, Mapping):
        return {key: _known(item) for key, item in value.items() if not isinstance(item, Unknown)}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value if not isinstance(item, Unknown)]
    return None if isinstance(value, Unknown) else value


def _lowered(value: Any) -> Any:
    """Bools that are written as texts in any case, as Terraform wants them."""
    if isinstance(value, dict):
        return {key: _lowered(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_lowered(item) for item in cast("list[Any]", value)]
    return value.lower() if isinstance(value, str) and value.lower() in ("true", "false") else value
