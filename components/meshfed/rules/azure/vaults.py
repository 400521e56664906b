"""Key Vault: who reaches it, who decides, whether a key can be lost, whether a secret went through the program."""

from typing import Final

from meshfed.rules.azure.kinds import VAULT
from meshfed.rules.expect import absent, on, one_of
from meshfed.rules.rule import Pack, Rule

RULES: Final = (
    Rule(
        id="MF-Z12",
        title="Key Vault is reached from inside, by roles, and loses nothing",
        why="Keys of regions are signed and sealed there. An open vault needs one leaked token; access policies give"
        " more than one key and are in no role review; without purge protection whoever deletes a key ends a region;"
        " a value that the program writes stands in the state.",
        mend="Write publicNetworkAccess: Disabled, networkAcls: {defaultAction: Deny}, enableRbacAuthorization: true"
        " and enablePurgeProtection: true; have the machine or SPIRE write secrets, not the program.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            VAULT: (
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
                on(
                    "properties.enableRbacAuthorization",
                    "access policies decide, for all keys of the vault and outside of every role review",
                ),
                on("properties.enablePurgeProtection", "whoever deletes a key can make it gone for good"),
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
