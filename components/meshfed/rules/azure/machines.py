"""Azure machines, alone or in a scale set: how they start, who logs in, what their first script carries."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.azure.kinds import MACHINE
from meshfed.rules.expect import ABSENT, absent, none_of, on, one_of
from meshfed.rules.node import Finding, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.rules.secrets import holds_no_secret
from meshfed.settings.gate import GateParameters

_SECURITY: Final = "securityProfile"


def _nobody_logs_in_by_password(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    profile = resource.props["osProfile"]
    linux = profile["linuxConfiguration"]
    if profile.is_absent or not profile["windowsConfiguration"].is_absent:
        return
    if not linux["disablePasswordAuthentication"].flag():
        yield linux["disablePasswordAuthentication"].wrong("the machine takes passwords")


def _scripts_hold_no_secret(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(name: str) -> Iterator[Finding]:
        node = resource.props.at(*name.split("."))
        if finding := holds_no_secret(node):
            yield finding

    yield from each(("osProfile.customData", "userData"), one)


def _proxy_is_not_off(endpoint: str) -> Check:
    return none_of(
        f"{_SECURITY}.proxyAgentSettings.{endpoint}.mode",
        frozenset({"disabled"}),
        "any process of the machine may ask for its identity's tokens",
    )


RULES: Final = (
    Rule(
        id="MF-Z9",
        title="Machines of Azure start what was signed, and take no password",
        why="A password can be guessed, custom data is read by whoever reads the machine, an unmeasured start hides"
        " whoever changed it, and without the metadata agent any process takes the machine's identity.",
        mend="Write osProfile.linuxConfiguration.disablePasswordAuthentication: true and securityProfile:"
        " {securityType: TrustedLaunch, encryptionAtHost: true, uefiSettings: {secureBootEnabled: true, vTpmEnabled:"
        " true}, proxyAgentSettings: {enabled: true}}, and have the machine fetch secrets with its own identity.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            MACHINE: (
                _nobody_logs_in_by_password,
                absent("osProfile.adminPassword", "a password of the machine stands in the program and in the state"),
                _scripts_hold_no_secret,
                one_of(
                    f"{_SECURITY}.securityType",
                    frozenset({"trustedlaunch", "confidentialvm"}),
                    "the start of the machine is not measured",
                ),
                on(f"{_SECURITY}.uefiSettings.secureBootEnabled", "the machine starts what nobody signed"),
                on(f"{_SECURITY}.uefiSettings.vTpmEnabled", "the machine has no place for its keys"),
                on(f"{_SECURITY}.encryptionAtHost", "temporary disks and caches are written in plain"),
                on(
                    f"{_SECURITY}.proxyAgentSettings.enabled",
                    "any process of the machine may ask for its identity's tokens",
                ),
                _proxy_is_not_off("imds"),
                _proxy_is_not_off("wireServer"),
                one_of(
                    f"{_SECURITY}.proxyAgentSettings.mode",
                    frozenset({ABSENT, "enforce", "audit"}),
                    "is no mode in which requests for tokens are looked at",
                ),
            )
        },
        controls=("NIST SP 800-53 SI-7", "NIST SP 800-53 IA-5", "NIST SP 800-53 SC-28"),
        weaker="The metadata agent may also only watch (`Audit`), as images without its package need it. Secrets are"
        " found by their form. Single machines of a scale set that are written by themselves are not read.",
    ),
)
