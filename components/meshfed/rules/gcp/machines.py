"""Machines of Google Cloud and their templates: addresses, keys, identity, start, and what their scripts carry."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import on, word
from meshfed.rules.gcp.node_pools import DEFAULT_ACCOUNT
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.secrets import holds_no_secret
from meshfed.settings.gate import GateParameters

MACHINES: Final = (
    "gcp:compute/instance:Instance",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
)
_FROM_ANOTHER: Final = (
    "gcp:compute/instanceFromTemplate:InstanceFromTemplate",
    "gcp:compute/instanceFromMachineImage:InstanceFromMachineImage",
)
_KEYS: Final = frozenset({"ssh-keys", "sshkeys"})
_SCRIPTS: Final = frozenset(
    {"startup-script", "shutdown-script", "user-data", "windows-startup-script-ps1", "sysprep-specialize-script-ps1"}
)


def _forwards_nothing(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["canIpForward"]
    if not resource.is_under(*parameters.gateway_components) and node.flag():
        yield node.wrong("takes packets that are not its own, and no tunnel gateway stands above it")


def _has_no_public_address(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not resource.is_under(*parameters.gateway_components):
        yield from each(resource.props["networkInterfaces"].items(), _is_inside)


def _is_inside(interface: Node) -> Iterator[Finding]:
    for name in ("accessConfigs", "ipv6AccessConfigs"):
        if not interface[name].is_absent:
            yield interface[name].wrong("gives the machine a public address, and no tunnel gateway stands above it")


def _takes_no_project_keys(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = _metadata(resource, "block-project-ssh-keys")
    if not node.flag():
        yield node.wrong("whoever has a key of the project logs in")


def _has_no_keys(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not resource.is_under(*parameters.gateway_components):
        yield from _keys_in(resource.props["metadata"])


def _keys_in(metadata: Node) -> Iterator[Finding]:
    for name, node in metadata.entries():
        if word(name) in _KEYS and (node.is_unknown or not node.is_absent):
            yield node.wrong("keys that somebody holds log in, past IAM")


def _console_is_closed(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = _metadata(resource, "serial-port-enable")
    if node.flag():
        yield node.wrong("the serial console takes logins from the internet, past every firewall")


def _account_is_its_own(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    account = resource.props["serviceAccount"]
    if not account.is_absent and DEFAULT_ACCOUNT.search(account["email"].text().strip()):
        yield account["email"].wrong("the machine has the account that all machines of the project share")


def _scripts_hold_no_secret(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    scripts = [node for name, node in resource.props["metadata"].entries() if word(name) in _SCRIPTS]
    yield from each([*scripts, resource.props["metadataStartupScript"]], _holds_no_secret)


def _holds_no_secret(script: Node) -> Iterator[Finding]:
    if finding := holds_no_secret(script):
        yield finding


def _project_has_no_keys(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _keys_in(resource.props["metadata"])


def _item_is_no_key(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if word(resource.props["key"].text()) in _KEYS:
        yield resource.props["value"].wrong("keys that somebody holds log in to every machine of the project, past IAM")


def _metadata(resource: Resource, wanted: str) -> Node:
    """An entry of the metadata, whose names have no case for Google's agents."""
    for name, node in resource.props["metadata"].entries():
        if word(name) == wanted:
            return node
    return resource.props["metadata"][wanted]


_OF_ANY: Final = (
    _forwards_nothing,
    _has_no_public_address,
    _has_no_keys,
    _console_is_closed,
    _account_is_its_own,
    _scripts_hold_no_secret,
)
_SHIELD: Final = "shieldedInstanceConfig"
_OF_WHOLE: Final = (
    *_OF_ANY,
    _takes_no_project_keys,
    on(f"{_SHIELD}.enableSecureBoot", "the machine starts what nobody signed; where nothing is written it does"),
    on(f"{_SHIELD}.enableVtpm", "the machine has no place for its keys", default=True),
    on(f"{_SHIELD}.enableIntegrityMonitoring", "nobody compares how the machine started", default=True),
)
RULES: Final = (
    Rule(
        id="MF-C6",
        title="Machines of Google Cloud are inside, keyless and signed, and only tunnel gateways forward",
        why="A public address, a key of the project or the serial console are ways in past IAM and the gateways; a"
        " machine that forwards is a way around the tunnels; the shared account edits the whole project.",
        mend="Write metadata: {block-project-ssh-keys: 'true', enable-oslogin: 'TRUE'}, shieldedInstanceConfig:"
        " {enableSecureBoot: true} and serviceAccount: {email: one of its own}; no accessConfigs and no canIpForward"
        " but below a component of gateway_components; have the machine fetch secrets with its own identity.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            **dict.fromkeys(MACHINES, _OF_WHOLE),
            **dict.fromkeys(_FROM_ANOTHER, _OF_ANY),
            "gcp:compute/projectMetadata:ProjectMetadata": (_project_has_no_keys,),
            "gcp:compute/projectMetadataItem:ProjectMetadataItem": (_item_is_no_key,),
        },
        controls=("NIST SP 800-53 AC-17", "NIST SP 800-53 SC-7", "NIST SP 800-53 SI-7", "NIST SP 800-53 IA-5"),
        weaker="Secrets are found by their form. Of a machine from a template or another's image only what it overrides"
        " is read. Keys on tunnel gateways are MF-W5's.",
    ),
)
