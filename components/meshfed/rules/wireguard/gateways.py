"""Machines that forward between regions, and machines that must not."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.forms.texts import leaves, readings
from meshfed.rules.networks import names_internet
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.rules.wireguard.claims import claims_are_of_the_plan
from meshfed.rules.wireguard.openings import OPENINGS, Opening
from meshfed.settings.gate import GateParameters

_INSTANCE: Final = "aws:ec2/instance:Instance"
_SPOT: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_AWS_INTERFACE: Final = "aws:ec2/networkInterface:NetworkInterface"
_AZURE_INTERFACE: Final = "azure-native:network:NetworkInterface"
_AZURE_MACHINE: Final = "azure-native:compute:VirtualMachine"
_GOOGLE_MACHINES: Final = (
    "gcp:compute/instance:Instance",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
)
_KEYLESS: Final = "nobody-holds-the-private-half"
_SSH: Final = 22
_LAST_SYSTEM_PORT: Final = 1023
_LOGINS: Final = re.compile(
    r"^\s*-?\s*(ssh_pwauth:\s*['\"]?(true|yes|on|1)\b|PasswordAuthentication\s+yes|ssh_authorized_keys:|ssh_import_id:"
    r"|PermitRootLogin\s+(yes|prohibit-password))",
    re.IGNORECASE | re.MULTILINE,
)
_BROAD_GOOGLE: Final = re.compile(r"^roles/(owner|editor|.*[aA]dmin)$")
_SCRIPTS: Final[Mapping[str, tuple[str, ...]]] = {
    _INSTANCE: ("userData", "userDataBase64"),
    _SPOT: ("userData", "userDataBase64"),
    _TEMPLATE: ("userData",),
    _AZURE_MACHINE: ("osProfile", "userData"),
    **dict.fromkeys(_GOOGLE_MACHINES, ("metadata", "metadataStartupScript")),
}


def _is_gateway(resource: Resource, parameters: GateParameters) -> bool:
    return resource.is_under(*parameters.gateway_components)


def _belongs_to_gateway(resource: Resource, parameters: GateParameters) -> bool:
    """Whether a component that is named after a gateway's has made it: its pair, identity, rights or firewall."""
    types = resource.urn.split("::")[2].split("$")[:-1] if resource.urn.count("::") >= 3 else []
    return any(one.startswith(parameters.gateway_components) for one in types)


def _amazon_forwards_in_gateways_alone(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["sourceDestCheck"]
    is_gateway = _is_gateway(resource, parameters)
    # The check of an instance with an interface of its own is the interface's.
    has_interface = any(
        not resource.props[name].is_missing
        for name in ("primaryNetworkInterface", "networkInterfaces", "primaryNetworkInterfaceId")
    )
    if node.flag(default=True):
        if is_gateway and not has_interface:
            yield node.wrong("the gateway's cloud drops what it should forward; where nothing is written it does")
    elif not is_gateway:
        yield node.wrong("the machine may send as any host; only a tunnel gateway forwards")


def _azure_gateway_forwards(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["enableIPForwarding"]
    if _is_gateway(resource, parameters) and not node.flag(default=False):
        yield node.wrong("the gateway's cloud drops what it should forward; where nothing is written it does")


def _google_gateway_forwards(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["canIpForward"]
    if _is_gateway(resource, parameters) and not node.flag(default=False):
        yield node.wrong("the gateway's cloud drops what it should forward; where nothing is written it does")


def _has_no_key(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["keyName"]
    if _is_gateway(resource, parameters) and not node.is_absent:
        yield node.wrong("a key that somebody holds logs in to the gateway")


def _disks_are_encrypted(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not _is_gateway(resource, parameters):
        return
    if resource.kind in (_INSTANCE, _SPOT):
        disks = [resource.props["rootBlockDevice"], *resource.props["ebsBlockDevices"].items()]
    else:
        disks = [mapping["ebs"] for mapping in resource.props["blockDeviceMappings"].items()]
    yield from each(disks, _is_encrypted)


def _is_encrypted(disk: Node) -> Iterator[Finding]:
    if not disk["encrypted"].flag(default=False):
        yield disk["encrypted"].wrong("the disk that holds the gateway's keys is not encrypted")


def _azure_has_no_key(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if _is_gateway(resource, parameters):
        yield from each(resource.props.at("osProfile", "linuxConfiguration", "ssh", "publicKeys").items(), _is_keyless)


def _is_keyless(key: Node) -> Iterator[Finding]:
    # Azure demands a key; one without a private half says so.
    if not key["keyData"].text().strip().endswith(_KEYLESS):
        yield key["keyData"].wrong("a key that somebody holds logs in to the gateway")


def _google_has_no_key(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not _is_gateway(resource, parameters):
        return
    for name in ("ssh-keys", "sshKeys"):
        node = resource.props["metadata"][name]
        if not node.is_absent:
            yield node.wrong("a key that somebody holds logs in to the gateway")


def _lets_nobody_log_in(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not _is_gateway(resource, parameters):
        return
    for name in _SCRIPTS[resource.kind]:
        for leaf in leaves(resource.props[name].value):
            node = leaf.node(resource.props[name])
            yield from each([node], _opens_no_login)


def _opens_no_login(node: Node) -> Iterator[Finding]:
    if any(_LOGINS.search(reading) for reading in readings(node.text())):
        yield node.wrong("the first start opens a login to the gateway")


def _takes_no_ssh(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if _belongs_to_gateway(resource, parameters):
        yield from each(OPENINGS[resource.kind](resource), _names_no_ssh)


def _names_no_ssh(opening: Opening) -> Iterator[Finding]:
    if any(first <= _SSH <= last <= _LAST_SYSTEM_PORT for first, last in opening.ports):
        known = [source for source in opening.sources if not names_internet(source)]
        if known and len(known) == len(opening.sources):
            yield known[0].wrong("SSH reaches the gateway; break-glass goes through the cloud's own session service")


def _google_rights_are_narrow(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if _belongs_to_gateway(resource, parameters):
        role = resource.props["role"]
        if _BROAD_GOOGLE.search(role.text()):
            yield role.wrong("whoever takes the gateway takes the project with it")


_FIREWALLS: Final[Mapping[str, tuple[Check, ...]]] = dict.fromkeys(OPENINGS, (_takes_no_ssh,))

RULES: Final = (
    Rule(
        id="MF-W4",
        title="Tunnel gateways forward, and no other machine does",
        why="A machine that forwards can send as any other; a gateway that does not is a tunnel that carries nothing.",
        mend="Write sourceDestCheck: false, enableIPForwarding: true or canIpForward: true for gateways alone, give "
        "them the addresses of the plan, and name their component types in the pack's configuration.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE, Pack.FEDERATION),
        checks={
            _INSTANCE: (_amazon_forwards_in_gateways_alone,),
            _SPOT: (_amazon_forwards_in_gateways_alone,),
            _AWS_INTERFACE: (_amazon_forwards_in_gateways_alone,),
            _AZURE_INTERFACE: (_azure_gateway_forwards,),
            **dict.fromkeys(_GOOGLE_MACHINES, (_google_gateway_forwards,)),
        },
        plan_checks=(claims_are_of_the_plan,),
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4"),
        weaker="Forwarding outside of gateways is MF-Z8's in Azure and MF-C6's in Google Cloud. A gateway is known by "
        "the type of the component above it, which any program can give; where the federation's settings are known, "
        "each must have the private address of a gateway of the plan, in its region, and once in what is judged "
        "together. Without the settings the type is believed. What a gateway boots, and what its kernel does, is not "
        "seen.",
    ),
    Rule(
        id="MF-W5",
        title="Nobody logs in to a tunnel gateway, and it may do little",
        why="A gateway is the bridge between regions: its keys, and its rights in the cloud, are of whoever logs in.",
        mend="Take keys, passwords and SSH out, encrypt its disks, and give its identity the few rights that it needs.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            **_FIREWALLS,
            _INSTANCE: (_has_no_key, _disks_are_encrypted, _lets_nobody_log_in),
            _SPOT: (_has_no_key, _disks_are_encrypted, _lets_nobody_log_in),
            _TEMPLATE: (_has_no_key, _disks_are_encrypted, _lets_nobody_log_in),
            _AZURE_MACHINE: (_azure_has_no_key, _lets_nobody_log_in),
            **dict.fromkeys(_GOOGLE_MACHINES, (_google_has_no_key, _lets_nobody_log_in)),
            "gcp:projects/iAMMember:IAMMember": (_google_rights_are_narrow,),
            "gcp:projects/iAMBinding:IAMBinding": (_google_rights_are_narrow,),
        },
        controls=("NIST SP 800-53 AC-17", "NIST SP 800-53 AC-6", "NIST SP 800-53 SC-28"),
        weaker="A machine is a gateway by the type of the component above it; one without is not held to this. The "
        "metadata service (IMDSv1, hop limit) is MF-A5's, what is open to the internet MF-A15's, MF-Z6's "
        "and MF-C5's, broad policies MF-A9's, roles in Azure MF-Z11's, and its machines' passwords MF-Z9's. A "
        "key in Azure that says that nobody holds its private half is believed.",
    ),
)
