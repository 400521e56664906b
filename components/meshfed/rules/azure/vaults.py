"""Key Vault: who reaches it, who decides, whether a key can be lost, whether a secret went through the program."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.azure.kinds import MODULE, VAULT
from meshfed.rules.expect import absent, on, one_of
from meshfed.rules.networks import internet_among
from meshfed.rules.node import Finding
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters


def _named_networks_are_small(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    rules = resource.props["properties"]["networkAcls"]["ipRules"].items()
    if node := internet_among(rule["value"] for rule in rules):
        yield node.wrong("is the whole internet")


_REACHED_FROM_INSIDE: Final[tuple[Check, ...]] = (
    one_of(
        "properties.publicNetworkAccess",
        frozenset({"disabled", "securedbyperimeter"}),
        "the vault answers on the internet; where nothing is written it does",
    ),
    one_of(
        "properties.networkAcls.defaultAction",
        frozenset({"deny"}),
        "takes callers from every network; where nothing is written it does",
    ),
    _named_networks_are_small,
)

RULES: Final = (
    Rule(
        id="MF-Z12",
        title="Key Vault, or a module of one's own, is reached from inside, by roles, and loses nothing",
        why="Keys of regions are signed and sealed there. An open vault needs one leaked token; access policies give"
        " more than one key and are in no role review; without purge protection whoever deletes a key ends a region;"
        " a value that the program writes stands in the state.",
        mend="Write publicNetworkAccess: Disabled, networkAcls: {defaultAction: Deny}, enableRbacAuthorization: true"
        " and enablePurgeProtection: true; have the machine or SPIRE write secrets, not the program.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            VAULT: (
                *_REACHED_FROM_INSIDE,
                on(
                    "properties.enableRbacAuthorization",
                    "access policies decide, for all keys of the vault and outside of every role review",
                ),
                on("properties.enablePurgeProtection", "whoever deletes a key can make it gone for good"),
            ),
            MODULE: (
                *_REACHED_FROM_INSIDE,
                on("properties.enablePurgeProtection", "whoever deletes a key can make it gone for good", default=True),
            ),
            "azure-native:hardwaresecuritymodules:CloudHsmCluster": (
                one_of(
                    "publicNetworkAccess",
                    frozenset({"disabled"}),
                    "the module answers on the internet; where nothing is written it may",
                ),
            ),
            "azure-native:keyvault:AccessPolicy": (
                absent("policy", "gives rights outside of every role review, for all keys of the vault"),
            ),
            "azure-native:keyvault:Secret": (
                absent("properties.value", "a secret went through the program, and stands in its state"),
            ),
        },
        controls=("NIST SP 800-53 SC-12", "NIST SP 800-53 AC-3", "NIST SP 800-53 SC-7"),
    ),
)
