"""The table in docs, written from the result file alone."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.report import ROOT
from bench.scanners.programs import READS

TABLE = ROOT / "docs" / "rules" / "comparison.md"
Rows = Sequence[Mapping[str, Any]]
_HEAD = """\
# What other scanners catch

Written by `python -m bench.scanners` from `bench/results/scanners.json`; do not edit.

Every failing case of the rules was given to every scanner in the language that it reads: Kubernetes objects as
manifests (what stands in a List or in text by itself), resources of AWS and Google Cloud as Terraform, translated with
the schemas of the clouds' own provider code, those of Azure as an ARM template. A case counts as caught only where a
scanner reports something that it does not report on the near miss of the same rule that must pass, the one that is most
like the case: general advice that comes with every manifest is no catch. Where a rule has no near miss of the same kind
of thing, those of other rules stand in; where there is none at all, nobody can tell, and the case counts as not given.
Whether what a scanner says is about the fault itself was not judged: each difference counts for it.

What this does not say: that a scanner is bad at what it is made for, or that its other checks are of no use. Checkov
and KICS look for hundreds of things that these rules do not. The cases are ours, written by the people who wrote the
rules.
"""


def table(result: Path) -> str:
    """The page."""
    document = json.loads(result.read_text(encoding="utf-8"))
    figures = document["figures"]
    names = list(figures["versions"])
    rows: Rows = figures["cases"]
    parts = [_HEAD, _summary(rows, figures["versions"], document["date"]), _by_id(rows, names), _left(rows)]
    return "\n".join([*parts, _names(rows, names)])


def _summary(rows: Rows, versions: Mapping[str, str], date: str) -> str:
    lines = [f"Run on {date} over {len(rows)} failing cases of {len({row['id'] for row in rows})} rules.", ""]
    lines += ["| scanner | version | could be given | caught |", "|---|---|---|---|"]
    lines += [f"| meshfed gate | this commit | {len(rows)} | {sum(row['meshfed'] for row in rows)} |"]
    for name, version in versions.items():
        given = [row for row in rows if _is_given(row, name)]
        lines.append(f"| {name} | {version} | {len(given)} | {sum(name in row['caught'] for row in given)} |")
    anyone = sum(bool(row["caught"]) for row in rows)
    return "\n".join([*lines, "", f"At least one of the other scanners caught {anyone}.", ""])


def _by_id(rows: Rows, names: Sequence[str]) -> str:
    lines = ["## By rule", "", "Caught of those that could be given; `-`: it could be given none.", ""]
    lines += [f"| id | cases | meshfed | {' | '.join(names)} |", "|---" * (len(names) + 3) + "|"]
    for name in sorted({row["id"] for row in rows}, key=_order):
        mine = [row for row in rows if row["id"] == name]
        cells = [_cell(mine, scanner) for scanner in names]
        lines.append(f"| {name} | {len(mine)} | {sum(row['meshfed'] for row in mine)} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _cell(rows: Rows, scanner: str) -> str:
    given = [row for row in rows if _is_given(row, scanner)]
    return f"{sum(scanner in row['caught'] for row in given)} of {len(given)}" if given else "-"


def _is_given(row: Mapping[str, Any], scanner: str) -> bool:
    return bool(set(row["given"]) & READS[scanner]) and not why_left(row) and scanner not in row["unread"]


def why_left(row: Mapping[str, Any]) -> str:
    """Why a case could not be given; empty where it could."""
    left = list(dict.fromkeys(row["left"]))
    return "; ".join(left or ["no near miss to compare with"] * (row["near_misses"] == "none"))


def _left(rows: Rows) -> str:
    lines = ["## What could not be given, and why", "", "| id | cases | why |", "|---|---|---|"]
    reasons = Counter((row["id"], why) for row in rows if (why := why_left(row)))
    for row in rows:
        if not why_left(row):
            reasons.update((row["id"], f"{name} cannot read it") for name in row["unread"])
    for (name, why), count in sorted(reasons.items(), key=lambda item: (_order(item[0][0]), item[0][1])):
        lines.append(f"| {name} | {count} | {_escaped(why)} |")
    return "\n".join([*lines, ""])


def _names(rows: Rows, names: Sequence[str]) -> str:
    lines = ["## By which check", "", "| id | scanner | cases | checks |", "|---|---|---|---|"]
    for name in sorted({row["id"] for row in rows}, key=_order):
        for scanner in names:
            mine = [row["caught"][scanner] for row in rows if row["id"] == name and scanner in row["caught"]]
            if mine:
                checks = ", ".join(sorted({check for checks in mine for check in checks}))
                lines.append(f"| {name} | {scanner} | {len(mine)} | {_escaped(checks)} |")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _order(name: str) -> tuple[str, int]:
    letters = name.removeprefix("MF-").rstrip("0123456789")
    return letters, int(name.removeprefix("MF-").removeprefix(letters) or 0)
