"""Where a chart comes from: a Release shows no object, so that its repository says what its name means."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

_ISTIO: Final = ("https://istio-release.storage.googleapis.com/charts", "oci://gcr.io/istio-release/charts")
_SPIRE: Final = ("https://spiffe.github.io/helm-charts-hardened",)
_PLACE: Final = re.compile(
    r"(?P<host>(https|oci)://[A-Za-z0-9.-]+(:\d+)?)(?P<path>(/[A-Za-z0-9_][A-Za-z0-9._+:@-]*)*)/?"
)
"""An address without user, query or dots that lead elsewhere."""
_SOURCES: Final = ("HelmRepository", "OCIRepository")
"""Flux's sources that are a repository of charts, which is judged where it stands."""


def comes_from_a_known_place(release: Resource, chart: str, parameters: GateParameters) -> Iterator[Finding]:
    """What is wrong with the repository of a chart whose canonical name is given."""
    known = (*(_SPIRE if chart.startswith("spire") else _ISTIO), *parameters.chart_repositories)
    source = release.props["sourceRef"]
    if not source.is_missing:
        yield from each([source], _is_a_repository)
        return
    named, repository = release.props["chart"], release.props["repositoryOpts"]["repo"]
    places = [node for node in (named, repository) if node is repository or "://" in node.text()]
    given = [node for node in places if not node.is_absent]
    if not given:
        yield named.wrong("is a Release that names no repository, so that it may be any chart of that name")
    yield from each(given, lambda node: _is_known(node, known))


def _is_a_repository(source: Node) -> Iterator[Finding]:
    if source["kind"].text("HelmRepository") not in _SOURCES:
        yield source.wrong("takes the chart from files, where its objects may be anything")


def source_is_known(source: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """A repository of Flux: charts are taken from it by name."""
    known = (*_ISTIO, *_SPIRE, *parameters.chart_repositories)
    yield from each([source.props["spec"]["url"]], lambda node: _is_known(node, known))


def _is_known(node: Node, known: tuple[str, ...]) -> Iterator[Finding]:
    if not any(_is_below(node.text(), one) for one in known):
        yield node.wrong("is no repository that is known to hold this chart; list it in `chart_repositories`")


def _is_below(text: str, known: str) -> bool:
    """Whether an address is a known one or below it.

    >>> _is_below("HTTPS://charts.example.com/a/b-1.tgz", "https://charts.example.com/a/")
    True
    >>> _is_below("https://charts.example.com/a/../evil", "https://charts.example.com/a")
    False
    """
    place, wanted = _PLACE.fullmatch(text.strip().replace("HTTPS://", "https://")), _PLACE.fullmatch(known)
    if place is None or wanted is None:
        return False
    same_host = place["host"].lower() == wanted["host"].lower()
    return same_host and f"{place['path']}/".startswith(f"{wanted['path']}/")
