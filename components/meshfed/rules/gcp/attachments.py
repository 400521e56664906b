"""Private Service Connect of Google Cloud: who connects."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import one_of, word
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_MANUAL: Final = "accept_manual"


def _names_its_consumers(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["consumerAcceptLists"]
    if word(resource.props["connectionPreference"].text()) == _MANUAL and not node.is_unknown and node.is_absent:
        yield node.wrong("names nobody who may connect")


def _names_no_star(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(consumer: Node) -> Iterator[Finding]:
        for node in (consumer["projectIdOrNum"], consumer["networkUrl"]):
            if "*" in node.text():
                yield node.wrong("stands for everyone who knows its name")

    yield from each(resource.props["consumerAcceptLists"].items(), one)


def _names_its_producers(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["producerAcceptLists"]
    if word(resource.props["connectionPreference"].text()) == _MANUAL and not node.is_unknown and node.is_absent:
        yield node.wrong("names nobody who may join the network")


RULES: Final = (
    Rule(
        id="MF-C9",
        title="A service attachment names who may connect",
        why="With automatic acceptance any customer of Google Cloud who knows its name connects; by a network"
        " attachment whoever joins gets an interface inside.",
        mend="Write connectionPreference: ACCEPT_MANUAL and the projects in consumerAcceptLists (of a network"
        " attachment: producerAcceptLists).",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            "gcp:compute/serviceAttachment:ServiceAttachment": (
                one_of("connectionPreference", frozenset({_MANUAL}), "everyone connects without being asked about"),
                _names_its_consumers,
                _names_no_star,
            ),
            "gcp:compute/networkAttachment:NetworkAttachment": (
                one_of("connectionPreference", frozenset({_MANUAL}), "everyone who knows its name joins the network"),
                _names_its_producers,
            ),
        },
        controls=("NIST SP 800-53 AC-3", "NIST SP 800-207 tenet 3"),
    ),
)
