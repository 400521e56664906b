"""Storage accounts of Azure: who reads them, from where, with what."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import ABSENT, off, on, one_of, word
from meshfed.rules.networks import internet_among
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_ACCOUNT: Final = "azure-native:storage:StorageAccount"
_CONTAINER: Final = "azure-native:storage:BlobContainer"
_WEBSITE: Final = "azure-native:storage:StorageAccountStaticWebsite"
_USER: Final = "azure-native:storage:LocalUser"
_CLOSED: Final = frozenset({"disabled", "securedbyperimeter"})


def _takes_named_networks_alone(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    action = resource.props["networkRuleSet"]["defaultAction"]
    if word(action.text()) != "deny" and word(resource.props["publicNetworkAccess"].text()) not in _CLOSED:
        yield action.wrong("takes callers from every network; where nothing is written it does")


def _named_networks_are_small(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rules = resource.props["networkRuleSet"]["ipRules"].items()
    if node := internet_among(rule["iPAddressOrRange"] for rule in rules):
        yield node.wrong("is the whole internet")


def _is_no_website(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield resource.props.wrong("gives the container $web to everyone, whatever the account says of public containers")


def _keys_are_behind_a_firewall(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node, network = resource.props["allowSharedKeyAccess"], resource.props["networkRuleSet"]
    if not node.flag(default=True):
        return
    if not resource.props["defaultToOAuthAuthentication"].flag() or word(network["defaultAction"].text()) != "deny":
        yield node.wrong("whoever has the account's key is everyone, without a name, and no role ends it")


RULES: Final = (
    Rule(
        id="MF-Z13",
        title="Storage accounts of Azure are closed, and know their callers",
        why="Gateways trust what the region's store says, and bundles are trust itself; a public container, an account"
        " key or an open network lets others read or write it without a name.",
        mend="Write allowBlobPublicAccess: false, allowSharedKeyAccess: false, minimumTlsVersion: TLS1_2 and"
        " networkRuleSet: {defaultAction: Deny}.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            _ACCOUNT: (
                off("allowBlobPublicAccess", "containers of it can be made public"),
                _keys_are_behind_a_firewall,
                one_of(
                    "minimumTlsVersion",
                    frozenset({"tls1_2", "tls1_3"}),
                    "takes TLS 1.0; where nothing is written it does",
                ),
                off("allowCrossTenantReplication", "its blobs can be copied on into other tenants"),
                on("enableHttpsTrafficOnly", "takes plain HTTP", default=True),
                _takes_named_networks_alone,
                _named_networks_are_small,
            ),
            _WEBSITE: (_is_no_website,),
            _USER: (
                off("hasSshPassword", "a password opens the account, without a role"),
                off("hasSharedKey", "a key opens the account, without a role"),
            ),
            _CONTAINER: (one_of("publicAccess", frozenset({ABSENT, "none"}), "everyone may read it"),),
        },
        controls=("NIST SP 800-53 AC-3", "NIST SP 800-53 SC-7", "NIST SP 800-53 SC-8"),
        weaker="Account keys pass where the account's firewall refuses by default and portals and tools sign in with"
        " Entra ID: Pulumi's own provider writes blobs with the key (pulumi-azure-native issue 2015).",
    ),
)
