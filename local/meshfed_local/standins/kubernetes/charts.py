"""Helm charts: those that can be had here are rendered by helm itself, of the others only the inputs are checked."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from meshfed_local.standins import wire
from meshfed_local.standins.faults import Fault, has_unknown
from meshfed_local.standins.kubernetes import names
from meshfed_local.standins.kubernetes.kinds import known_text, listed, mapping, of
from meshfed_local.standins.kubernetes.pods import template

CHARTS_VARIABLE: Final = "MESHFED_LOCAL_CHARTS"
"""Environment variable that names the folder of the charts that can be rendered here."""

_LIMIT_SECONDS: Final = 120.0
_INJECTED: Final = "auto"
"""Istio's own word for an image that its injector fills in when the pod is made."""


class ChartError(Exception):
    """A chart cannot be rendered with these inputs."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


@dataclass(frozen=True, slots=True)
class Asked:
    """A chart with its inputs, however it is going to be installed."""

    chart: str
    release: str
    namespace: str
    values: str
    """As JSON, the files of values already merged in."""
    crds: bool
    hooks: bool


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a chart says about itself."""

    name: str
    version: str
    app_version: str


def folder_of(chart: str) -> Path | None:
    """Where a chart is, if it can be had here: by the last part of its name, address or path."""
    return _folders(os.environ.get(CHARTS_VARIABLE, "")).get(chart.rstrip("/").rsplit("/", 1)[-1])


@lru_cache(maxsize=4)
def _folders(root: str) -> Mapping[str, Path]:
    if not root:
        return {}
    return {metadata(path.parent).name: path.parent for path in sorted(Path(root).rglob("Chart.yaml"))}


def metadata(folder: Path) -> Metadata:
    """Name and versions of a chart in a folder."""
    read = mapping(yaml.safe_load((folder / "Chart.yaml").read_text()))
    return Metadata(str(read.get("name")), str(read.get("version")), str(read.get("appVersion")))


def note(inputs: Mapping[str, Any]) -> str | None:
    """What the run has to say about a chart that is not rendered here."""
    chart = known_text(inputs.get("chart"))
    if not chart or folder_of(chart):
        return None
    return f"chart {chart} cannot be had here: its inputs were checked by type, nothing was rendered"


def asked(inputs: Mapping[str, Any], name: str, namespace: str, *, hooks: bool) -> Asked | None:
    """The chart that a v4 Chart or v3 Release asks for; None while any part of it is unknown.

    Raises ChartError for files of values that are none.
    """
    if has_unknown(inputs):
        return None
    values: dict[str, Any] = {}
    for index, item in enumerate(listed(inputs.get("valueYamlFiles"))):
        values = _merged(values, _read_values(mapping(item), f"valueYamlFiles[{index}]"))
    return Asked(
        chart=known_text(inputs.get("chart")),
        release=known_text(inputs.get("name")) or name,
        namespace=namespace,
        values=json.dumps(_merged(values, mapping(inputs.get("values"))), sort_keys=True),
        crds=not inputs.get("skipCrds"),
        hooks=hooks,
    )


def _read_values(asset: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    try:
        text = Path(asset["path"]).read_text() if asset.get("path") else known_text(asset.get("text"))
        read: Any = yaml.safe_load(text)
    except (OSError, yaml.YAMLError) as error:
        raise ChartError(Fault(path, f"cannot be read: {error}", "a file of YAML")) from error
    if not wire.is_asset(asset) or not (read is None or isinstance(read, Mapping)):
        raise ChartError(Fault(path, "it holds no values", "a file with a mapping of values"))
    return mapping(read)


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(under)
    for name, value in over.items():
        old = result.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[name] = _merged(mapping(old), mapping(value)) if both else value
    return result


@lru_cache(maxsize=32)
def rendered(chart: Asked) -> Sequence[Mapping[str, Any]]:
    """Every object that helm makes of a chart that can be had here. Raises ChartError with what helm says."""
    folder = folder_of(chart.chart)
    if folder is None:
        return ()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as values:
        values.write(chart.values)
        values.flush()
        command = ["helm", "template", chart.release, str(folder), "--namespace", chart.namespace, "-f", values.name]
        command += ["--include-crds"] * chart.crds + ["--skip-crds"] * (not chart.crds)
        command += ["--no-hooks"] * (not chart.hooks)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)
        except FileNotFoundError as error:
            raise ChartError(Fault("chart", "helm is not on PATH", "the helm of the local target")) from error
    if done.returncode:
        # The folder is a place of this machine, of no use in a message about a program.
        said = done.stderr.replace(str(folder), chart.chart).replace("Error: ", "").strip()
        raise ChartError(Fault("values", f"helm cannot render {chart.chart}: {said}", "values that the chart takes"))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return tuple(mapping(item) for item in yaml.load_all(done.stdout, loader) if item)


def faults(chart: Asked) -> Iterator[Fault]:
    """What is wrong with a chart that can be had here: helm's own complaints, and images that anyone may replace."""
    folder = folder_of(chart.chart)
    if folder is None:
        return
    values: Mapping[str, Any] = json.loads(chart.values)
    missing = list(_unset(folder, values))
    yield from missing
    try:
        objects = rendered(chart)
    except ChartError as error:
        yield error.fault
        return
    if not missing:
        yield from _unpinned(objects)


def _unset(folder: Path, values: Mapping[str, Any]) -> Iterator[Fault]:
    """Hub and tag where the chart has them: its defaults name a developer's build."""
    own: Any = yaml.safe_load((folder / "values.yaml").read_text())
    # Istio hides its defaults below one key, so that a platform's profile can come between.
    defaults = mapping(mapping(own).get("_internal_defaults_do_not_set")) or mapping(own)
    for name, wanted in (("hub", "the registry that holds your copies"), ("tag", "version@sha256:digest")):
        places = [place for place in (defaults, mapping(defaults.get("global"))) if name in place]
        given = (values.get(name), mapping(values.get("global")).get(name))
        if places and not any(isinstance(value, str) and value for value in given):
            path = (
                f"values.{name}"
                if name in defaults and name not in mapping(defaults.get("global"))
                else f"values.global.{name}"
            )
            yield Fault(path, "it is not set, so a developer's build would be taken", wanted)


def _unpinned(objects: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    for item in objects:
        kind = of(known_text(item.get("apiVersion")), known_text(item.get("kind")))
        found = template(kind.token, item)
        spec = mapping(found[1].get("spec") if found else None)
        for container in (*listed(spec.get("containers")), *listed(spec.get("initContainers"))):
            image = known_text(mapping(container).get("image"))
            if image != _INJECTED and not names.is_pinned(image):
                name = mapping(item.get("metadata")).get("name")
                yield Fault(
                    "values",
                    f"the image {image!r} of {kind.name} {name} can be replaced by whoever writes to the registry",
                    "hub, tag and digest, where the tag is version@sha256:digest",
                )
