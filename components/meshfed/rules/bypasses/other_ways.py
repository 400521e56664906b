"""Resources that make other things than they say: commands, programs of their own, templates, unread packages."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.settings.gate import GateParameters

_COMMANDS: Final = (
    "command:",
    "aws:ssm/association:",
    "aws:ssm/document:",
    "azure-native:compute:VirtualMachineExtension",
    "azure-native:compute:VirtualMachineRunCommand",
    "azure-native:compute:VirtualMachineScaleSetExtension",
    "azure-native:compute:VirtualMachineScaleSetVMRunCommand",
    "azure-native:resources:AzureCliScript",
    "azure-native:resources:AzurePowerShellScript",
    "azure-native:resources:DeploymentScript",
)
_DYNAMIC: Final = ("pulumi-python:dynamic", "pulumi-nodejs:dynamic", "pulumi-dotnet:dynamic", "pulumi-java:dynamic")
_AZURE_TEMPLATES: Final = frozenset(
    (
        "azure-native:resources:Deployment",
        "azure-native:resources:DeploymentAt",
        "azure-native:resources:DeploymentStack",
        "azure-native:resources:Resource",
        "azure-native:resources:TemplateSpec",
        "azure-native:blueprint:Assignment",
    )
)
_UNREAD: Final = {
    "aws-native:": "aws",
    "aws:cloudcontrol/": "the resource's own type",
    "aws:cloudformation/": "the resources themselves",
    "azure:": "azure-native",
    "google-native:": "gcp",
    "gcp:deploymentmanager/": "the resources themselves",
    "gcp:inframanager/": "the resources themselves",
    "terraform-module:": "the resources themselves",
}
"""Tokens by which the same clouds are reached past the rules, and what to use instead."""


def _runs_nothing(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.kind.startswith(_COMMANDS):
        yield resource.props.wrong("runs a program of which the gate sees a text at most")
    if resource.kind.startswith(_DYNAMIC):
        yield resource.props.wrong("is made by a program of its own, which the gate cannot read")


def _is_no_template(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.kind in _AZURE_TEMPLATES:
        yield resource.props.wrong("makes whatever its template says, past every rule about what it makes")


def _is_read(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for token, instead in _UNREAD.items():
        if resource.token.startswith(token):
            package = token.rstrip(":/")
            yield resource.props.wrong(f"no rule reads what {package} makes; use {instead}")


RULES: Final = (
    Rule(
        id="MF-G3",
        title="Nothing is changed by a command",
        why="What kubectl, istioctl, aws or wg change in a command is in no preview and no state, and no rule sees it.",
        mend="Declare what the command does as a resource, or have a waiver reviewed with the command's text.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={ANY: (_runs_nothing,)},
        controls=("NIST SP 800-53 CM-3",),
        weaker="Refuses every command, since no reading of a command's text can tell what it will do.",
    ),
    Rule(
        id="MF-G4",
        title="Nothing in Azure is made by a template or a generic resource",
        why="A template makes resources of any type, which no rule about that type ever meets.",
        mend="Use the resource's own type; its versioned tokens and inline children are judged like the others.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={ANY: (_is_no_template,)},
        controls=("NIST SP 800-53 CM-3",),
        weaker="Versioned tokens and inline children have no finding of this id: each rule judges them where they are.",
    ),
    Rule(
        id="MF-G5",
        title="The clouds are reached through packages that the rules read",
        why="The same resource under another package's token has other property names, and every rule passes it over.",
        mend="Use pulumi-aws, pulumi-azure-native, pulumi-gcp or pulumi-kubernetes.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={ANY: (_is_read,)},
        controls=("NIST SP 800-53 CM-3",),
        weaker="Several tokens of pulumi-aws for one thing have no finding of this id: each rule judges all of them.",
    ),
)
