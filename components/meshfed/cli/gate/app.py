"""The verbs of `meshfed gate`; without one, what follows is judged."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from meshfed.cli.common import FactsOption, write_file
from meshfed.cli.gate import hashes
from meshfed.cli.gate.found import STDIN
from meshfed.cli.gate.judging import Asked, judged
from meshfed.cli.gate.outcome import WhenUndecided
from meshfed.cli.gate.rego import rego
from meshfed.cli.gate.reports import Format, report_of
from meshfed.cli.gate.text import print_report, print_rule
from meshfed.cli.tables import PLAIN_WIDTH
from meshfed.cli.taking import taking
from meshfed.errors import Fault, SettingsError
from meshfed.rules.catalog import BY_ID
from meshfed.rules.rule import Pack
from meshfed.settings.faults import nearest
from meshfed.settings.places import EXCEPTIONS, SETTINGS

_JUDGE: Final = "judge"
_EPILOG: Final = (
    "Exit codes: 0 open; 1 a file cannot be judged, or there is nothing to judge; 2 wrong usage; 3 something failed;"
    " 4 violations; 5 no violation, but something undecided. Anything but 0 is a closed gate."
    " Verbs: `meshfed gate rego --out DIR` writes what a cluster's admission can judge by;"
    " `meshfed gate hash FILE` tells the sha256 for the list of what is allowed for good."
)


class _Group(TyperGroup):
    """Takes whatever is no verb for files: `meshfed gate preview.json`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in self.commands else [_JUDGE, *args])


class _Judging(TyperCommand):
    """Is what `meshfed gate` does by itself: its help says nothing of a verb."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        _ = info_name
        return super().make_context(
            parent.info_name if parent else _JUDGE, args, parent.parent if parent else None, **extra
        )


@dataclass(frozen=True)
class _Options:
    """Options of the judging verb."""

    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="Previews (`pulumi preview --json --show-sames`), event logs, saved plans, `pulumi stack export`,"
            " Kubernetes manifests, folders of all this; - is standard input.",
            show_default=False,
        ),
    ] = None
    pack: Annotated[
        list[Pack] | None,
        typer.Option("--pack", "-p", help="Judge by this pack alone; repeatable.", show_default="all that can run"),
    ] = None
    settings: Annotated[
        Path | None,
        typer.Option("--settings", "-s", help="The settings file, for federation.", show_default=str(SETTINGS)),
    ] = None
    facts: FactsOption = None
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Levels and parameters: what --policy-pack-config takes.")
    ] = None
    exceptions: Annotated[
        Path | None, typer.Option("--exceptions", "-e", help="The file of waivers.", show_default=str(EXCEPTIONS))
    ] = None
    undecided: Annotated[
        WhenUndecided, typer.Option("--undecided", help="Whether what cannot be decided yet ends with 5 or with 0.")
    ] = WhenUndecided.FAIL
    partial: Annotated[
        bool, typer.Option("--partial", help="The files are not all of their stacks: judge nothing that is missing.")
    ] = False
    form: Annotated[Format, typer.Option("--format", help="What the report is written as.")] = Format.TEXT
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report there.")] = None
    pages: Annotated[str, typer.Option("--pages", help="Address of docs/rules, for links in SARIF.")] = ""
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="ID", help="Say what a rule is about, and end.")
    ] = None


def _judge(options: _Options) -> None:
    """Judge what will be deployed, or what stands, by the rules of the policy packs."""
    if options.explain is not None:
        _explain(options.explain)
        return
    run = judged(
        Asked(
            files=options.files or _no_files(),
            packs=options.pack or (),
            settings=options.settings,
            facts=options.facts,
            config=options.config,
            exceptions=options.exceptions,
            is_partial=options.partial,
            when_undecided=options.undecided,
            pages=options.pages,
            say=_progress,
        )
    )
    if options.output:
        _refuse_overwriting(options.output, options.files or [])
        write_file(options.output, report_of(run, options.form))
        typer.echo(f"{options.output} written. {run.verdict}")
    elif options.form is Format.TEXT:
        print_report(_console(), run)
    else:
        typer.echo(report_of(run, options.form), nl=False)
    raise typer.Exit(run.exit_code)


def _progress(line: str) -> None:
    """Tells on a terminal what takes long; a log needs no such line."""
    if sys.stderr.isatty():
        typer.echo(line, err=True)


def _refuse_overwriting(output: Path, files: list[Path]) -> None:
    if any(file.exists() and output.exists() and file.samefile(output) for file in files):
        raise SettingsError(str(output), [Fault("--output", "", "is one of the files judged.", "Name another.")])


def _no_files() -> list[Path]:
    raise SettingsError("meshfed gate", [Fault("FILE", "", "is missing.", f"Name files or folders, or {STDIN}.")])


def _explain(name: str) -> None:
    rule = BY_ID.get(name.upper())
    if rule is None:
        whole = f"MF-{name.upper()}"
        near = f"Did you mean {whole}?" if whole in BY_ID else nearest(name.upper(), tuple(BY_ID))
        hint = near or "docs/rules has all of them."
        raise SettingsError("meshfed gate", [Fault("--explain", name, "is no rule's id.", hint)])
    print_rule(_console(), rule)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_WIDTH)


verbs = typer.Typer(cls=_Group, help="Judge what will be deployed, or what stands, by the rules of the policy packs.")
verbs.command(_JUDGE, cls=_Judging, epilog=_EPILOG)(taking(_Options, _judge))
verbs.command("rego")(rego)
verbs.add_typer(hashes.app)
app = typer.Typer()
app.add_typer(verbs, name="gate")
