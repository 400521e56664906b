"""Machines of Google Cloud and their templates: addresses, keys, identity, start, and what their scripts carry."""

import re
from collections.abc import Iterator, Mapping
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
_OF_MANY: Final[Mapping[str, tuple[str, ...]]] = {
    "gcp:compute/projectMetadata:ProjectMetadata": ("metadata",),
    "gcp:compute/instanceSettings:InstanceSettings": ("metadata", "items"),
    "gcp:compute/instanceGroupManager:InstanceGroupManager": ("allInstancesConfig", "metadata"),
    "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": ("allInstancesConfig", "metadata"),
}
"""Metadata that many machines get, above their own."""
_ITEM: Final = "gcp:compute/projectMetadataItem:ProjectMetadataItem"
_KEPT: Final = (
    "gcp:compute/perInstanceConfig:PerInstanceConfig",
    "gcp:compute/regionPerInstanceConfig:RegionPerInstanceConfig",
)
_KEYS: Final = frozenset({"ssh-keys", "sshkeys"})
_SCRIPT: Final = re.compile(r"script|^user-data$|^gce-container-declaration$")
"""Names of the metadata that machines run: startup-script, sysprep-specialize-script-ps1, shutdown-script-url."""
_MUST: Final = {
    "enable-oslogin": (True, "people log in by keys, and not by an identity that IAM knows"),
    "block-project-ssh-keys": (True, "whoever has a key of the project logs in"),
    "serial-port-enable": (False, "the serial console takes logins from the internet, past every firewall"),
}
"""Switches of the metadata that must not say the opposite."""
_BLOCKS: Final = "block-project-ssh-keys"


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
    node = _metadata(resource, _BLOCKS)
    if not node.flag():
        yield node.wrong("whoever has a key of the project logs in")


def _has_no_keys(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not resource.is_under(*parameters.gateway_components):
        yield from _keys_in(resource.props["metadata"])


def _keys_in(metadata: Node) -> Iterator[Finding]:
    for name, node in metadata.entries():
        if word(name) in _KEYS and (node.is_unknown or not node.is_absent):
            yield node.wrong("keys that somebody holds log in, past IAM")


def _switches_are_right(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    # Keys of the project are asked about on their own, as a machine takes them unless it says that it does not.
    own = [(name, node) for name, node in resource.props["metadata"].entries() if word(name) != _BLOCKS]
    yield from each(own, _switch_is_right)


def _switch_is_right(entry: tuple[str, Node]) -> Iterator[Finding]:
    name, node = entry
    wanted, message = _MUST.get(word(name), (True, ""))
    if message and node.flag(default=wanted) is not wanted:
        yield node.wrong(message)


def _account_is_its_own(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    account = resource.props["serviceAccount"]
    if not account.is_absent and DEFAULT_ACCOUNT.search(account["email"].text().strip()):
        yield account["email"].wrong("the machine has the account that all machines of the project share")


def _scripts_hold_no_secret(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _hold_no_secret(resource.props["metadata"])
    yield from each([resource.props["metadataStartupScript"]], _holds_no_secret)


def _hold_no_secret(metadata: Node) -> Iterator[Finding]:
    yield from each([node for name, node in metadata.entries() if _SCRIPT.search(word(name))], _holds_no_secret)


def _holds_no_secret(script: Node) -> Iterator[Finding]:
    if finding := holds_no_secret(script):
        yield finding


def _many_get_nothing(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props.at(*_OF_MANY[resource.kind]).entries(), _is_nothing_for_many)


def _item_is_nothing_for_many(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from _is_nothing_for_many((resource.props["key"].text(), resource.props["value"]))


def _is_nothing_for_many(entry: tuple[str, Node]) -> Iterator[Finding]:
    name, node = word(entry[0]), entry[1]
    if name in _KEYS and (node.is_unknown or not node.is_absent):
        yield node.wrong("keys that somebody holds log in to every machine of the project, past IAM")
    elif _SCRIPT.search(name) and (node.is_unknown or not node.is_absent):
        yield node.wrong("every machine of the project runs it, gateways and nodes too")
    else:
        yield from _switch_is_right(entry)


def _kept_state_is_right(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    state = resource.props["preservedState"]
    if resource.is_under(*parameters.gateway_components):
        return
    if not state["externalIps"].is_absent:
        yield state["externalIps"].wrong("gives the machine a public address, and no tunnel gateway stands above it")
    yield from _keys_in(state["metadata"])
    yield from _hold_no_secret(state["metadata"])
    yield from each(state["metadata"].entries(), _switch_is_right)


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
    _switches_are_right,
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
        " machine that forwards is a way around the tunnels; the shared account edits the whole project; what stands"
        " in the project's metadata, every machine takes or runs.",
        mend="Write metadata: {block-project-ssh-keys: 'true', enable-oslogin: 'TRUE'}, shieldedInstanceConfig:"
        " {enableSecureBoot: true} and serviceAccount: {email: one of its own}; no accessConfigs and no canIpForward"
        " but below a component of gateway_components; have the machine fetch secrets with its own identity.",
        packs=(Pack.CLOUD_BASELINE, Pack.ZERO_TRUST),
        checks={
            **dict.fromkeys(MACHINES, _OF_WHOLE),
            **dict.fromkeys(_FROM_ANOTHER, _OF_ANY),
            **dict.fromkeys(_OF_MANY, (_many_get_nothing,)),
            _ITEM: (_item_is_nothing_for_many,),
            **dict.fromkeys(_KEPT, (_kept_state_is_right,)),
        },
        controls=(
            "CIS Google Cloud Foundations 4.1",
            "CIS Google Cloud Foundations 4.3",
            "CIS Google Cloud Foundations 4.5",
            "CIS Google Cloud Foundations 4.6",
            "CIS Google Cloud Foundations 4.8",
            "CIS Google Cloud Foundations 4.9",
            "NIST SP 800-53 AC-17",
            "NIST SP 800-53 SC-7",
            "NIST SP 800-53 SI-7",
            "NIST SP 800-53 IA-5",
        ),
        weaker="Secrets are found by their form. Of a machine from a template or another's image only what it overrides"
        " is read. Keys on tunnel gateways are MF-W5's; whether a machine is one is MF-W4's, which believes the type of"
        " the component above it where no settings of the federation are known. Machines that other services make are"
        " not read.",
    ),
)
