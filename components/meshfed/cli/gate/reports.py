"""The forms of a report."""

import io
import json
from enum import StrEnum

from rich.console import Console

from meshfed.cli.gate.documents import json_report, sarif_report
from meshfed.cli.gate.junit import junit_report
from meshfed.cli.gate.outcome import Run
from meshfed.cli.gate.text import print_report
from meshfed.cli.tables import PLAIN_WIDTH


class Format(StrEnum):
    """What a report is written as."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"


def report_of(run: Run, form: Format) -> str:
    """The whole report as a text that no terminal is needed for."""
    match form:
        case Format.JSON:
            return json.dumps(json_report(run), indent=1) + "\n"
        case Format.SARIF:
            return json.dumps(sarif_report(run), indent=1) + "\n"
        case Format.JUNIT:
            return junit_report(run)
        case Format.TEXT:
            written = io.StringIO()
            print_report(Console(file=written, width=PLAIN_WIDTH), run)
            return written.getvalue()
