"""Addons and extensions that a cloud installs into its clusters: charts under another name."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.allowed import unless_allowed
from meshfed.rules.expect import word
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

ADDON: Final = "aws:eks/addon:Addon"
EXTENSION: Final = "azure-native:kubernetesconfiguration:Extension"
_MICROSOFT: Final = "microsoft."
_FROM_GIT: Final = re.compile(r"^microsoft\.(?:flux|gitops|argocd)$")


def addon_is_of_aws(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """An addon of a seller is a chart whose objects nobody sees; the names of those of AWS have no `_`."""
    name = resource.props["addonName"]
    if "_" in name.text():
        message = "is an addon of a seller, whose objects the gate never sees and whose values no rule reads"
        names = ("addonName", "addonVersion", "configurationValues")
        yield from unless_allowed(resource, name, message, names, parameters)


def extension_is_of_azure(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """An extension of a seller is a chart as well."""
    name = resource.props["extensionType"]
    if not word(name.text(_MICROSOFT)).startswith(_MICROSOFT):
        message = "is an extension of a seller, whose objects the gate never sees and whose values no rule reads"
        names = ("extensionType", "version", "configurationSettings", "scope")
        yield from unless_allowed(resource, name, message, names, parameters)


def extension_takes_nothing_from_git(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    """Flux and Argo CD, which make objects that are in no program."""
    name = resource.props["extensionType"]
    if _FROM_GIT.match(word(name.text())):
        yield name.wrong("installs a controller that makes objects which are not in the program")
