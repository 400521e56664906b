"""Pages of docs/rules that follow from the rules and their cases. After a change, write them anew:

.venv/bin/python -m tests.rules.pages
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import yaml

from meshfed.rules.catalog import RULES as CATALOG
from meshfed.rules.rule import BENCHMARKS, Pack, Rule
from tests.rules import admission_page
from tests.rules.cases import FOLDER, GROUPS, cases_of, loaded, own

ORDER: Final = "GIKSWAZCF"
"""Subjects: the gate itself, Istio, Kubernetes, SPIRE, WireGuard, AWS, Azure, Google Cloud, the federation."""
RULES: Final = sorted(CATALOG, key=lambda rule: (ORDER.index(rule.id[3]), int(rule.id[4:])))
PAGES: Final = Path(__file__).parents[2] / "docs" / "rules"
SEEN: Final = Path(__file__).parent / "seen.json"
"""Where a violation of each id was seen with the real engine; tests/engine takes it again."""
LONGEST: Final = 30
"""Lines of an example, where there is a shorter one."""
LONGEST_LINE: Final = 110
"""Letters of a comment that a page shows in one line."""
_MADE: Final = "<!-- Made by `python -m tests.rules.pages` from the rules and their cases; changes here are lost. -->"
_ABOUT: Final = {
    Pack.ZERO_TRUST: "What must hold for the mesh to know every caller and to let in nobody else: mTLS, authorisation,"
    " identities, tunnels, pods, and the ways around the gate itself.",
    Pack.CLOUD_BASELINE: "What must hold in AWS, Azure and Google Cloud below the mesh: clusters, roles, firewalls,"
    " machines, stores, keys, entrances.",
    Pack.FEDERATION: "What must hold over the whole plan and across stacks; reads the settings and the pinned facts.",
}
_EXAMPLES: Final = """\
Examples are Kubernetes objects as they stand, or a resource's `type` and `properties`; `---` parts several that stand
in one stack. Beside them:

| in an example | means |
|---|---|
| `under:` | types of the components above the resource, from the outermost: it stands below them in its URN |
| `options:` | the resource's options in Pulumi |
| `# beside NAME` | the objects of [`tests/rules/beside`](../../tests/rules/beside)`/NAME.yaml` stand there too |
| `# parameters:` | the gate's parameters here, where they are not the usual ones ([how they are given](waivers.md)) |
| `# settings:`, `# facts:` | what is laid over the usual settings of the federation; regions with pinned facts |
| `(a secret)`, `(a public key)` | stands for one |\
"""
"""What the keys and comments of examples mean."""


_CONTROLS: Final = (
    "*Helps to meet* names controls of "
    + ", ".join(f"{name} ({version})" for name, version in BENCHMARKS.items())
    + ". Other versions number them differently, and no rule alone meets a control."
)
_NO_CONTROL: Final = "Helps to meet: no control of these benchmarks says this."


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and never an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return cast("Any", dumper).represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def pages() -> Iterator[tuple[str, str]]:
    """Name and text of every page."""
    for pack in Pack:
        yield f"{pack}.md", _page(pack)
    yield "coverage.md", _coverage()
    yield "admission.md", admission_page.page(_MADE, RULES)


def _page(pack: Pack) -> str:
    here = [rule for rule in RULES if rule.packs[0] is pack]
    elsewhere = [rule for rule in RULES if pack in rule.packs[1:]]
    parts = [
        _MADE,
        f"# The pack {pack}",
        _ABOUT[pack],
        _CONTROLS,
        "[How the gate is run](README.md) · [waivers, levels and parameters](waivers.md) · [coverage](coverage.md)",
        _EXAMPLES,
        "\n".join(f"- [{rule.id}](#{rule.id.lower()}) {rule.title}" for rule in here),
    ]
    if elsewhere:
        others = ", ".join(f"[{rule.id}]({rule.packs[0]}.md#{rule.id.lower()})" for rule in elsewhere)
        parts.append(f"It judges by these too, which are described with another pack: {others}.")
    return "\n\n".join([*parts, *(part for rule in here for part in _rule(rule))]) + "\n"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.id}"
    yield f"**{rule.title}.** *{rule.level.capitalize()}*"
    yield f"Why: {rule.why}"
    yield f"Instead: {rule.mend}"
    if rule.live:
        yield f"**Covered in part; for the live side:** {rule.live}"
    if rule.weaker:
        yield f"Weaker than its wording: {rule.weaker}"
    yield f"Helps to meet: {', '.join(rule.controls)}." if rule.controls else _NO_CONTROL
    for group, word in (("bad", "Refused"), ("good", "Passes")):
        spec = _example(rule.id, group)
        if spec is not None:
            yield f"{word} ({_noted(spec)}):"
            yield f"```yaml\n{_shown(spec)}```"


def _noted(spec: Mapping[str, Any]) -> str:
    note = spec["note"]
    return str(note).lower() if isinstance(note, bool) else str(note)


def _example(rule: str, group: str) -> Mapping[str, Any] | None:
    """The first case of a group that is short, else the shortest."""
    found = next(FOLDER.rglob(f"{rule}.yaml"), None)
    if found is None:
        return None
    file = cast("Mapping[str, Any]", loaded(found))
    specs = cast("Sequence[Mapping[str, Any]]", file.get(group) or ())
    lengths = {index: _shown(spec).count("\n") for index, spec in enumerate(specs)}
    short = [index for index, length in lengths.items() if length <= LONGEST]
    return specs[short[0] if short else min(lengths, key=lambda index: lengths[index])] if specs else None


def _shown(spec: Mapping[str, Any]) -> str:
    """A case as a reader would write it: an object as it stands, anything else as type and properties."""
    given = [_resource(one) for one in own(spec)]
    beside = {key: spec[key] for key in ("settings", "facts", "parameters") if spec.get(key)}
    comments = "".join(_comment(key, value) for key, value in beside.items())
    comments += "".join(f"# beside {name}\n" for name in spec.get("beside", ()))
    text = "---\n".join(
        yaml.dump(
            _readable(one), Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True
        )
        for one in given
    )
    return comments + text or "# the settings as they are\n"


def _comment(key: str, value: object) -> str:
    """What stands beside an example: in one line where it is short."""
    line = f"# {key}: {json.dumps(value)}\n"
    if len(line) <= LONGEST_LINE:
        return line
    text = yaml.dump(
        {key: value}, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=LONGEST_LINE, allow_unicode=True
    )
    return "".join(f"# {one}\n" for one in text.splitlines())


def _resource(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    options = {"options": spec["options"]} if spec.get("options") else {}
    if "object" in spec and "type" not in spec:
        return {**spec["object"], **options}
    under = {"under": spec["under"]} if spec.get("under") else {}
    return {"type": spec["type"], **under, "properties": spec.get("object") or spec.get("inputs") or {}, **options}


def _readable(value: object) -> object:
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        return _readable(members["json"]) if set(members) == {"json"} else {k: _readable(v) for k, v in members.items()}
    if isinstance(value, list):
        return [_readable(item) for item in cast("list[object]", value)]
    if isinstance(value, str) and value.startswith("<secret>"):
        return "(a secret)"
    return "(a public key)" if isinstance(value, str) and value.startswith("<key>") else value


def _coverage() -> str:
    live = [rule for rule in RULES if rule.live]
    weaker = [rule for rule in RULES if rule.weaker]
    seen = _seen()
    lines = [
        _MADE,
        "",
        "# Which id is covered by what",
        "",
        "Fixtures are the cases that must fail, that must pass, and that nobody can decide yet. The last column says by"
        " which ways of the real engine a bad case was told of: `preview`; `up`, before its resource was made or, for"
        " what only a whole stack shows, at the end; `analyze`, in an export of what had been made."
        " `tests/engine/seen.py` sees them and a test takes them again. `-`: by none, for the id has no check of its"
        " own: [MF-G6](zero-trust.md#mf-g6) is the level of what *cannot be decided yet*, which is told under the id of"
        " the rule that needs the value. [MF-G8](zero-trust.md#mf-g8) judges waivers and no resource: its cases are the"
        " tests of `tests/rules/test_exceptions.py`. *In part*: the live side decides the rest.",
        "",
        "| id | rule | pack | fail | pass | unknown | seen on the engine |",
        "|---|---|---|---|---|---|---|",
        *(_covered(rule, seen) for rule in RULES),
        "",
        "## Covered in part: the live side decides the rest",
        "",
        *([f"- [{rule.id}]({_place(rule)}) {rule.title}. {rule.live}" for rule in live] or ["None."]),
        "",
        "## Weaker than their wording",
        "",
        *([f"- [{rule.id}]({_place(rule)}): {rule.weaker}" for rule in weaker] or ["None."]),
    ]
    return "\n".join(lines) + "\n"


def _seen() -> Mapping[str, Sequence[str]]:
    return cast("Mapping[str, Sequence[str]]", json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.exists() else {})


def _covered(rule: Rule, seen: Mapping[str, Sequence[str]]) -> str:
    counts = " | ".join(str(len(cases_of(rule.id, group))) for group in GROUPS)
    ways = ", ".join(seen.get(rule.id, ())) or "-"
    ways = f"*in part*: {ways}" if rule.live else ways
    packs = ", ".join(rule.packs)
    return f"| [{rule.id}]({_place(rule)}) | {rule.title} | {packs} | {counts} | {ways} |"


def _place(rule: Rule) -> str:
    return f"{rule.packs[0]}.md#{rule.id.lower()}"


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for name, text in pages():
        (PAGES / name).write_text(text, encoding="utf-8")
