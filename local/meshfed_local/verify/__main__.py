"""`python -m meshfed_local.verify`: deploy the gallery to the local target and put it before real provider code.

Exit codes: 0 nothing was found, 1 something was found, 2 wrong usage, 3 a tool or a deployment failed.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from meshfed.errors import MeshfedError
from meshfed_local.toolchain import Toolchain
from meshfed_local.verify import replacements
from meshfed_local.verify.day2 import judge_changes
from meshfed_local.verify.gallery import GALLERY, judge_export, judge_settings
from meshfed_local.verify.judge import TOOLS, Court
from meshfed_local.verify.report import Report

MORE: Final = Path(__file__).parent / "settings"
"""Settings of what the gallery does not ask for."""
DAY2_BASE: Final = GALLERY / "one-metro-three-clouds.yaml"
WORLDS: Final = Path(".local") / "verify"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m meshfed_local.verify", description=__doc__)
    parser.add_argument("--settings", type=Path, action="append", help="judge this settings file, not the gallery")
    parser.add_argument("--export", type=Path, action="append", help="judge a stack's export; nothing is deployed")
    parser.add_argument("--without-changes", action="store_true", help="leave out the day-2 changes")
    parser.add_argument("--write-replacements", action="store_true", help="write the stand-ins' tables anew")
    parser.add_argument("--type", action="append", default=[], help="also write the table of this type token")
    parser.add_argument("--report", type=Path, default=WORLDS / "report.json", help="where the JSON report goes")
    return parser


def _judge(court: Court, options: argparse.Namespace, report: Report) -> None:
    if options.export:
        report.settings += [judge_export(court, path) for path in options.export]
        return
    files = options.settings or [*sorted(GALLERY.glob("*.yaml")), *sorted(MORE.glob("*.yaml"))]
    report.settings += judge_settings(court, files, WORLDS, _say)
    if not options.without_changes:
        report.changes = judge_changes(court, DAY2_BASE, WORLDS, _say)


def _tables(court: Court, options: argparse.Namespace, report: Report) -> None:
    tokens = {token for item in report.settings for token in item.resources} | set(options.type)
    for package in TOOLS:
        if options.write_replacements:
            for place, error in replacements.write(court, package, tokens, _say).items():
                _say(f"undecided: {place}: {error}")
        elif stale := replacements.missing(package, tokens):
            report.stale.append(stale)
        if not options.settings and not options.export:
            report.untried += replacements.untried(package, tokens)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the arguments ask for and prints the report."""
    options = _parser().parse_args(arguments)
    report = Report()
    started = time.monotonic()
    try:
        toolchain = Toolchain()
        toolchain.ensure(list(TOOLS.values()), _say)
        with Court(toolchain) as court:
            _judge(court, options, report)
            _tables(court, options, report)
        report.seconds = time.monotonic() - started
        report.write(options.report)
    except MeshfedError as error:
        _say(str(error))
        return 3
    sys.stdout.write("\n".join([*report.lines(), f"report: {options.report}"]) + "\n")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
