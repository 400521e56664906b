"""Runs the comparison: keeps the result in bench/results and writes the table in docs from it."""

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.report import RESULTS, report
from bench.scanners.compare import caught, twins
from bench.scanners.fixtures import FILES, Given, Translator
from bench.scanners.programs import READS, Said, Scanner, ensure, scanners, versions
from bench.scanners.table import TABLE, table
from meshfed.rules.judge import State
from meshfed_local.toolchain import Toolchain
from meshfed_local.verify.judge import TOOLS, Court
from tests.rules.cases import all_cases
from tests.rules.test_cases import report_of


def main() -> None:
    """Gives every case to every scanner."""
    toolchain = Toolchain()
    ensure(toolchain)
    toolchain.ensure(tuple(TOOLS.values()), print)
    with Court(toolchain) as court, tempfile.TemporaryDirectory() as temporary:
        translator = Translator(court)
        cases = [case for case in all_cases() if case.group in ("bad", "good")]
        given = [translator.given(case, number) for number, case in enumerate(cases)]
        said = _scanned(given, scanners(toolchain), Path(temporary))
    report("scanners", {"versions": versions(), "cases": _rows(given, said)})
    TABLE.write_text(table(RESULTS / "scanners.json"), encoding="utf-8")


def _scanned(given: Sequence[Given], programs: Sequence[Scanner], folder: Path) -> Mapping[str, Said]:
    """What each scanner says; failing cases and near misses in runs of their own, lest one complete the other."""
    groups = {
        group: _written([one for one in given if one.case.group == group], folder / "cases" / group)
        for group in ("bad", "good")
    }

    def run(scanner: Scanner) -> Said:
        said: Said = {}
        for group, paths in groups.items():
            out = folder / scanner.name / group
            out.mkdir(parents=True)
            said |= scanner.scan(paths, out)
        return said

    with ThreadPoolExecutor() as pool:
        return dict(zip((one.name for one in programs), pool.map(run, programs), strict=True))


def _written(given: Sequence[Given], folder: Path) -> list[Path]:
    paths: list[Path] = []
    for one in given:
        if not one.is_whole:
            continue
        path = folder / one.folder
        path.mkdir(parents=True, exist_ok=True)
        for language, text in one.texts.items():
            (path / FILES[language]).write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _rows(given: Sequence[Given], said: Mapping[str, Said]) -> list[dict[str, Any]]:
    good = [one for one in given if one.case.group == "good"]
    return [
        {
            "id": one.case.rule,
            "case": one.case.note,
            "given": sorted(one.texts),
            "left": one.left,
            "near_misses": _near_misses(one, good),
            "meshfed": _is_refused(one),
            "unread": _unread(one, said),
            "caught": {name: names for name in said if (names := caught(one, good, said[name]))},
        }
        for one in given
        if one.case.group == "bad"
    ]


def _is_refused(bad: Given) -> bool:
    """Whether the gate itself says that the rule of a failing case is violated."""
    verdicts = [one.verdict for one in report_of(bad.case).judged]
    return any(one.rule.id == bad.case.rule and one.state is State.VIOLATION for one in verdicts)


def _unread(bad: Given, said: Mapping[str, Said]) -> list[str]:
    """The scanners that were given a case and could not read it."""
    return [name for name in said if bad.is_whole and bad.texts.keys() & READS[name] and bad.folder not in said[name]]


def _near_misses(bad: Given, good: Sequence[Given]) -> str:
    near = twins(bad, good)
    return "none" if not near else "own" if near[0].case.rule == bad.case.rule else "of other rules"


if __name__ == "__main__":
    main()
