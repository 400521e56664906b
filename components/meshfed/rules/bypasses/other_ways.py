"""Resources that make other things than they say: commands, programs of their own, templates, unread packages."""

import hashlib
import re
from collections.abc import Collection, Iterator
from typing import Final

from meshfed.rules.bypasses.cloud_commands import COMMANDS, POLICIES
from meshfed.rules.bypasses.cloud_operators import is_no_cloud_object
from meshfed.rules.bypasses.elsewhere import INSTALLERS
from meshfed.rules.kinds import package_of
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Pack, Rule
from meshfed.settings.gate import GateParameters

READINESS_SHA256: Final = "358bac1cc9688edd5a4ea54f24b75f9388099f4ddb3ea36a5dd8997edbd8499a"
"""Of the script by which a cloud learns that a tunnel gateway works; a test compares it with what is rendered."""
_COMMANDS: Final = (
    "command:",
    "azure-native:compute:VirtualMachineExtension",
    "azure-native:compute:VirtualMachineScaleSetExtension",
    "azure-native:compute:VirtualMachineScaleSetVMRunCommand",
    "azure-native:resources:AzureCliScript",
    "azure-native:resources:AzurePowerShellScript",
    "azure-native:resources:DeploymentScript",
    "gcp:compute/globalVmExtensionPolicy:",
    "gcp:compute/zoneVmExtensionPolicy:",
    "gcp:osconfig/guestPolicies:",
    "gcp:osconfig/osPolicyAssignment:",
    "gcp:osconfig/v2PolicyOrchestrator",
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
    "aws:cloudcontrol/": "the resource's own type",
    "aws:cloudformation/": "the resources themselves",
    "aws:index/": "the types of pulumi-aws itself, not of a bridged provider",
    "gcp:deploymentmanager/": "the resources themselves",
    "gcp:index/": "the types of pulumi-gcp itself, not of a bridged provider",
    "gcp:inframanager/": "the resources themselves",
    "kubernetes:index/": "the types of pulumi-kubernetes itself, not of a bridged provider",
}
"""Tokens by which the same clouds are reached past the rules, and what to use instead."""
_OTHERS: Final = {"aws-native": "aws", "azure": "azure-native", "google-native": "gcp"}
_READ: Final = frozenset({"aws", "azure-native", "gcp", "kubernetes"})
_READ_TOKENS: Final = frozenset({"aws-native:rolesanywhere:Crl"})
"""Of packages that are not read: what has no other token, and is judged under this one (MF-A11)."""
_HARMLESS: Final = frozenset({"meshfed", "null", "pulumi", "pulumiservice", "random", "std", "time", "tls"})
"""Packages that reach nothing of a mesh; commands and dynamic resources are for MF-G3."""


_PROVIDERS: Final = "pulumi:providers:"
_PUBLISHER: Final = re.compile(r"^(github|https)(:/|_)/?(api\.github\.com/pulumi|get\.pulumi\.com)(/|$)")
_URL: Final = re.compile(r"^default_.*?([a-z]+_/.*)$")
"""How the engine names a default provider that has one: `default_1_0_0_https_/plugins.example.com`."""
_FOREIGN_PLUGIN: Final = "takes its plugin from elsewhere, which may make other things than its types say"


def _runs_nothing(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.kind.startswith(_COMMANDS):
        yield resource.props.wrong("runs a program of which the gate sees a text at most")
    if resource.kind.startswith(_DYNAMIC):
        yield resource.props.wrong("is made by a program of its own, which the gate cannot read")


def _runs_a_known_script(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    source = resource.props["source"]
    script = source["script"]
    known = _known(resource, parameters)
    if _digest(script.text()) not in known or not source["scriptUri"].is_absent or not source["commandId"].is_absent:
        yield script.wrong(
            f"runs a script on a machine that nobody has reviewed; its sha256 is {_digest(script.text())}"
        )


def _documents_run_known_scripts(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if resource.props["documentType"].text() == "Session":
        return
    content = resource.props["content"]
    steps = content.document()["mainSteps"].items()
    if not steps:
        yield content.wrong("runs something else than steps with a script")
    yield from each(steps, lambda step: _step(step, _known(resource, parameters)))


def _step(step: Node, known: Collection[str]) -> Iterator[Finding]:
    text = "".join(f"{line}\n" for line in step["inputs"]["runCommand"].texts())
    if step["action"].text() != "aws:runShellScript" or _digest(text) not in known:
        yield step.wrong(f"runs a script on machines that nobody has reviewed; its sha256 is {_digest(text)}")


def _associates_own_documents(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    name = resource.props["name"]
    if name.text().startswith(("AWS-", "AWSSupport-", "AWSFleetManager-", "arn:")) or not _has_no_text(resource):
        yield name.wrong("runs a document whose commands are not in the program")


def _has_no_text(resource: Resource) -> bool:
    return all(key == "size" for key, _ in resource.props["parameters"].entries())


def _known(resource: Resource, parameters: GateParameters) -> frozenset[str]:
    return frozenset({READINESS_SHA256, *(one.sha256 for one in parameters.allowed if one.kind == resource.kind)})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_no_template(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.kind in _AZURE_TEMPLATES:
        yield resource.props.wrong("makes whatever its template says, past every rule about what it makes")


def _comes_from_its_publisher(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """A plugin from elsewhere, or made of another one, has other types under a name that the rules know."""
    package = resource.token.removeprefix(_PROVIDERS)
    if not resource.token.startswith(_PROVIDERS) or package_of(f"{package}:") not in _READ:
        return
    named = _URL.match(resource.logical_name)
    if named is not None and not _PUBLISHER.match(named[1]):
        yield resource.props.wrong(_FOREIGN_PLUGIN)
    internal = resource.props["__internal"]
    yield from each((internal["pluginDownloadURL"], resource.props["pluginDownloadURL"]), _is_of_the_publisher)
    base = internal["name"].text(package)
    if package_of(f"{base}:") != package_of(f"{package}:") or (
        package in _READ and not internal["parameterization"].is_absent
    ):
        yield internal.wrong("is another package under this name, with types that no rule reads")


def _is_of_the_publisher(url: Node) -> Iterator[Finding]:
    if not url.is_absent and not _PUBLISHER.match(url.text()):
        yield url.wrong(_FOREIGN_PLUGIN)


def _is_read(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    package = package_of(resource.token)
    known = package in _READ | _HARMLESS or package in parameters.packages or resource.token in _READ_TOKENS
    # A part is of the package of its whole.
    if not known and resource.outer is None and not resource.kind.startswith((*_COMMANDS, *_DYNAMIC)):
        instead = f"use {_OTHERS[package]}" if package in _OTHERS else "list it in `packages` if it reaches no mesh"
        yield resource.props.wrong(f"no rule reads what the package {package} makes; {instead}")
    for token, advice in _UNREAD.items():
        if resource.token.startswith(token):
            yield resource.props.wrong(f"no rule reads what {token.rstrip('/')} makes; use {advice}")


RULES: Final = (
    Rule(
        id="MF-G3",
        title="Nothing is changed by a command or taken from another place",
        why="What a command changes, or a controller takes from Git, is in no preview and no state, and no rule sees"
        " it.",
        mend="Declare what the command or the controller makes as resources, judge the folder in Git with"
        " `meshfed gate` and have a waiver reviewed; a script that a cloud runs on a machine can be allowed by its"
        " sha256, and an Application of Argo CD whose sources are commits by that of its spec.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            ANY: (_runs_nothing,),
            "aws:ssm/document:Document": (_documents_run_known_scripts,),
            "aws:ssm/association:Association": (_associates_own_documents,),
            "azure-native:compute:VirtualMachineRunCommand": (_runs_a_known_script,),
            "azure-native:compute:VirtualMachineRunCommandByVirtualMachine": (_runs_a_known_script,),
            **INSTALLERS,
            **COMMANDS,
        },
        controls=("NIST SP 800-53 CM-3",),
        weaker="Refuses every command, since no reading of a text can tell what it will do; scripts that a cloud runs"
        " on a machine are allowed by their sha256. An association with a document made elsewhere passes by its name."
        " Controllers that take objects from elsewhere are known by kind; one that nobody listed passes. What builds,"
        " workflows and functions of a cloud run (CodeBuild, Image Builder, Step Functions, Automation, Logic Apps,"
        " Cloud Build) is not read, nor what other controllers build from templates, references and patches of theirs.",
    ),
    Rule(
        id="MF-G4",
        title="Nothing in Azure is made by a template or a generic resource",
        why="A template makes resources of any type, which no rule about that type ever meets.",
        mend="Use the resource's own type; its versioned tokens and inline children are judged like the others. A"
        " policy that deploys a template can be allowed by its logical name and sha256.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={ANY: (_is_no_template,), **POLICIES},
        controls=("NIST SP 800-53 CM-3",),
        weaker="Versioned tokens and inline children have no finding of this id: each rule judges them where they are."
        " A policy of Azure's own that deploys, and one that changes properties (Modify), passes where it is assigned.",
    ),
    Rule(
        id="MF-G5",
        title="The clouds are reached through packages that the rules read",
        why="The same resource under another package's token has other property names, and every rule passes it over.",
        mend="Use pulumi-aws, pulumi-azure-native, pulumi-gcp or pulumi-kubernetes; list others in `packages`. Objects"
        " by which an operator in a cluster makes a cloud's resources can be allowed by name and sha256.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={ANY: (_is_read, _comes_from_its_publisher, is_no_cloud_object)},
        controls=("NIST SP 800-53 CM-3",),
        weaker="Several tokens of pulumi-aws for one thing have no finding of this id: each rule judges all of them. A"
        " type that is newer than the rules passes. Operators in clusters are known by their API groups: one that"
        " nobody listed passes. The engine does not tell a policy where the plugin of a provider"
        " that a program makes itself comes from, nor of which package it is made; `meshfed gate` reads it in previews"
        " and exports.",
    ),
)
