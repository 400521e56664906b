"""What the gate says of every case of its rules, of our own components, and of Istio's published sample manifests.

.venv/bin/python -m bench.catches

Samples come with the Go module that the charts are taken from. Each id that is found in them has an explanation in
`bench/samples.toml`; what has none is reported as unexplained, and the run fails.
"""

import json
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bench.report import ROOT, report
from meshfed.rules.catalog import RULES, rules_of
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.gate import Policy, judge
from meshfed.rules.judge import State
from meshfed.rules.plain import Plain, UnreadableError
from meshfed.rules.resource import Resource, resource_of
from meshfed.rules.rule import Pack
from meshfed_local.golang import find_go, run
from meshfed_local.toolchain import cache_folder, module_version
from tests.rules.cases import GROUPS, STACK, Case, all_cases
from tests.rules.our_components import judged, regions
from tests.rules.plans import plan_of

MODULE = "istio.io/istio"
EXPLAINED = Path(__file__).with_name("samples.toml")
TODAY = date(2026, 11, 21)
"""No case depends on the day; a fixed one keeps results comparable."""


def samples() -> Path:
    """The folder of the samples, downloaded where it is missing."""
    module = ROOT / "tools" / "istio-charts"
    version = module_version((module / "go.mod").read_text(encoding="utf-8"), MODULE)
    go, cache = find_go(cache_folder()), cache_folder()
    run([go, "mod", "download", f"{MODULE}@{version}"], module, "bench: taking Istio's samples", cache)
    home = run([go, "env", "GOMODCACHE"], module, "bench: looking for Go's modules", cache).strip()
    return Path(home) / f"{MODULE}@{version}" / "samples"


def _verdict(case: Case) -> tuple[set[str], set[str]]:
    plan = plan_of(case.settings, case.facts) if case.settings is not None else None
    found = judge(Policy(RULES, TODAY, case.parameters), {STACK: case.resources}, plan).judged
    by = {state: {one.verdict.rule.id for one in found if one.verdict.state is state} for state in State}
    return by[State.VIOLATION], by[State.UNDECIDED]


def of_cases() -> dict[str, Any]:
    """How many cases of each group the gate judges as they are meant."""
    total, right = Counter[str](), Counter[str]()
    wrong: list[str] = []
    for case in all_cases():
        violated, undecided = _verdict(case)
        wanted = {
            "bad": violated == {case.rule},
            "good": not violated and not undecided,
            "unknown": not violated and case.rule in undecided,
        }[case.group]
        total[case.group] += 1
        right[case.group] += wanted
        if not wanted:
            wrong.append(str(case))
    rules = len({case.rule for case in all_cases()})
    return {"rules": rules, "cases": {name: f"{right[name]} of {total[name]}" for name in GROUPS}, "wrong": wrong}


def _manifests(folder: Path) -> Iterator[tuple[str, Plain]]:
    for path in sorted(folder.rglob("*.yaml")):
        try:
            found = documents(path.read_text(encoding="utf-8"))
        except (UnreadableError, UnicodeDecodeError):
            # Templates of Helm and of Go are no YAML before they are filled in.
            yield f"unread:{path.relative_to(folder)}", None
            continue
        for document in found:
            yield str(path.relative_to(folder)), document


def _resource(file: str, document: Mapping[str, Plain], index: int) -> Resource:
    version, kind = str(document["apiVersion"]), str(document["kind"])
    token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{kind}"
    return resource_of(token, f"urn:pulumi:samples::{file}::{token}::{index}", document)


def of_samples(folder: Path) -> dict[str, Any]:
    """Findings of the zero-trust pack in the samples, by id, with what each id means there."""
    stacks: dict[str, list[Resource]] = {}
    unread, other = 0, 0
    for index, (file, document) in enumerate(_manifests(folder)):
        if file.startswith("unread:"):
            unread += 1
        elif isinstance(document, Mapping) and {"apiVersion", "kind"} <= set(document):
            stacks.setdefault(f"urn:pulumi:{file}::", []).append(_resource(file, document, index))
        else:
            other += 1
    found = judge(Policy(rules_of(Pack.ZERO_TRUST), TODAY), stacks).judged
    explained = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["explained"]
    counts = Counter(one.verdict.rule.id for one in found)
    return {
        "objects": sum(map(len, stacks.values())),
        "files": len(stacks),
        "files_that_are_no_yaml": unread,
        "documents_that_are_no_objects": other,
        "findings_by_id": {name: [counts[name], explained.get(name, "")] for name in sorted(counts)},
        "unexplained": sorted(set(counts) - set(explained)),
        "explained_and_not_found": sorted(set(explained) - set(counts)),
    }


def of_components() -> dict[str, Any]:
    """What the gate says of every region of the gallery, as our components make it."""
    os.chdir(ROOT)
    reports = [judged(settings, key) for settings, key in regions()]
    verdicts = [one for found in reports for one in found.judged]
    return {
        "regions": len(reports),
        "resources": sum(found.resources for found in reports),
        "waived": sum(one.waiver is not None for one in verdicts),
        "findings": [f"{one.verdict.urn}: {one.verdict}" for one in verdicts if one.waiver is None],
    }


def main() -> None:
    """Judges and reports."""
    figures = {"cases": of_cases(), "our_components": of_components(), "istio_samples": of_samples(samples())}
    report("catches", figures)
    wrong = [*figures["cases"]["wrong"], *figures["our_components"]["findings"]]
    if wrong := [*wrong, *figures["istio_samples"]["unexplained"]]:
        sys.exit(f"bench.catches: {json.dumps(wrong)}")


if __name__ == "__main__":
    main()
