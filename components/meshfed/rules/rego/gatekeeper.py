"""The bundle for admission: Rego modules for OPA, and the same in Gatekeeper's templates and constraints.

Everything comes from the statements of the rules (`modules.py`). What admission cannot see is listed with the reason,
so that nobody takes the bundle for the whole gate.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import yaml

from meshfed.rules.forms.kubernetes import POD, TEMPLATES
from meshfed.rules.rego.library import library
from meshfed.rules.rego.modules import RULES_PACKAGE, Module, admitted, is_admitted, statements, written
from meshfed.rules.rule import Level, Rule
from meshfed.settings.gate import GateParameters

GATE_PACKAGE: Final = "meshfed.gate"
PARAMETERS_PACKAGE: Final = "meshfed.parameters"
_ENTRY: Final = f"""\
# One way in for plain manifests, Lists and admission reviews.
package {GATE_PACKAGE}

deny contains finding.msg if {{
	some finding in findings
}}

findings contains finding if {{
	some one in objects
	review := {{"review": {{"object": one}}, "parameters": data.{PARAMETERS_PACKAGE}}}
	some finding in data.{RULES_PACKAGE}[_].violation with input as review
}}

objects := input.items if {{
	is_array(input.items)
}} else := [input.request.object] if {{
	input.kind == "AdmissionReview"
}} else := input if {{
	is_array(input)
}} else := [input]
"""


@dataclass(frozen=True, slots=True)
class Admission:
    """What admission sees of a rule."""

    rule: Rule
    module: Module | None
    unseen: str
    """What it does not see and why; empty where it sees all."""

    @property
    def seen(self) -> str:
        """How much: `yes`, `in part` or `no`."""
        return "no" if self.module is None else "in part" if self.unseen else "yes"


def admission(rule: Rule, parameters: GateParameters) -> Admission:
    """What admission sees of a rule, with an owner's parameters."""
    return Admission(rule, written(rule, parameters), "; ".join(_unseen(rule)))


def bundle(rules: Sequence[Rule], parameters: GateParameters) -> dict[str, str]:
    """The files of the bundle by path: `rego/` for OPA, `gatekeeper/` for a cluster, and what they do not see."""
    seen = [admission(rule, parameters) for rule in rules]
    modules = [one.module for one in seen if one.module is not None]
    names = sorted({name for module in modules for name in module.parameters})
    values = {name: _value(parameters, name) for name in names}
    files = {
        "admission.json": _json([_entry(one) for one in seen]),
        "rego/.manifest": _json({"roots": ["lib/meshfed", *_roots(RULES_PACKAGE, GATE_PACKAGE, PARAMETERS_PACKAGE)]}),
        "rego/lib/meshfed.rego": library(),
        "rego/meshfed/gate.rego": _ENTRY,
        "rego/meshfed/parameters/data.json": _json(values),
    }
    for module in modules:
        name = _slug(module.rule)
        files[f"rego/meshfed/rules/{name}.rego"] = module.text
        files[f"gatekeeper/templates/{name}.yaml"] = _yaml(_template(module))
        files[f"gatekeeper/constraints/{name}.yaml"] = _yaml(_constraint(module, parameters))
    return files


def constraint_kind(rule: Rule) -> str:
    """The kind of a rule's constraints.

    >>> from meshfed.rules.catalog import BY_ID
    >>> constraint_kind(BY_ID["MF-I1"])
    'MeshfedI1'
    """
    return f"Meshfed{re.sub('[^A-Za-z0-9]', '', rule.id.removeprefix('MF-'))}"


def _unseen(rule: Rule) -> Iterator[str]:
    if not (rule.checks or rule.stack_checks or rule.relations or rule.plan_checks):
        yield "It is about the gate itself"
    if rule.stack_checks or rule.relations:
        yield "What a stack lacks, or what does not fit together in it, no single object shows"
    if rule.plan_checks:
        yield "What the federation's plan says, no object of a cluster shows"
    code = sorted(kind for kind in rule.checks if is_admitted(kind) and _has_code(rule, kind))
    if code:
        yield f"{'In part code' if admitted(rule) else 'Code'}, not a statement: {', '.join(code)}"
    if any(not is_admitted(kind) for kind in rule.checks):
        yield "What is no object of a cluster (cloud resources, Helm values, options), admission is not asked about"


def _has_code(rule: Rule, kind: str) -> bool:
    return len(statements(rule, kind)) < len(rule.checks[kind])


def _entry(one: Admission) -> dict[str, object]:
    return {
        "id": one.rule.id,
        "title": one.rule.title,
        "seen": one.seen,
        "kinds": list(one.module.kinds) if one.module else [],
        "unseen": one.unseen,
    }


def _template(module: Module) -> dict[str, object]:
    kind = constraint_kind(module.rule)
    # YAML writes no text with tabs as a block that can be read.
    source = {"version": "v1", "rego": module.text.expandtabs(2), "libs": [library().expandtabs(2)]}
    names = list(module.parameters)
    schema = {"type": "object", "properties": {name: {"x-kubernetes-preserve-unknown-fields": True} for name in names}}
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {
            "name": kind.lower(),
            "annotations": {"metadata.gatekeeper.sh/title": module.rule.title, "description": module.rule.why},
        },
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}, "validation": {"openAPIV3Schema": schema}}},
            "targets": [
                {"target": "admission.k8s.gatekeeper.sh", "code": [{"engine": "Rego", "source": source}]},
            ],
        },
    }


def _constraint(module: Module, parameters: GateParameters) -> dict[str, object]:
    action = {Level.MANDATORY: "deny", Level.ADVISORY: "warn", Level.DISABLED: "dryrun"}[module.rule.level]
    spec: dict[str, object] = {"enforcementAction": action, "match": {"kinds": _matched(module.kinds)}}
    if module.parameters:
        spec["parameters"] = {name: _value(parameters, name) for name in module.parameters}
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": constraint_kind(module.rule),
        "metadata": {"name": _slug(module.rule)},
        "spec": spec,
    }


def _matched(kinds: Sequence[str]) -> list[dict[str, list[str]]]:
    whole = {one for kind in kinds for one in (TEMPLATES if kind == POD else (kind,))}
    groups: dict[str, list[str]] = {}
    for kind in sorted(whole):
        group, _, name = kind.partition("/")
        groups.setdefault("" if group == "core" else group, []).append(name)
    return [{"apiGroups": [group], "kinds": names} for group, names in groups.items()]


def _value(parameters: GateParameters, name: str) -> object:
    return told(parameters)[name]


def told(parameters: GateParameters) -> Mapping[str, object]:
    """What an owner tells the modules, with what follows from it."""
    return {
        **cast("Mapping[str, object]", parameters.model_dump(mode="json")),
        "namespaces_outside": list(parameters.namespaces_outside),
    }


def _slug(rule: Rule) -> str:
    return rule.id.lower()


def _roots(*packages: str) -> list[str]:
    return [package.replace(".", "/") for package in packages]


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block, so that the Rego in a template can be read."""

    def represent_text(self, value: str) -> yaml.ScalarNode:
        """A text in the style that suits it."""
        return yaml.ScalarNode("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def _yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
