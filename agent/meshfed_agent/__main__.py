"""The command `meshfed-agent`: run, once, status, rotate, version.

Exit codes: 0 well, 1 something is wrong and listed as alarm, 2 it cannot work at all.
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from . import VERSION, files, gateway, status
from .agent import Agent, Surroundings
from .config import DEFAULT_PATH, AgentConfig, load
from .distribution import open_publisher
from .errors import AgentError, ConfigError
from .service import Service
from .signer import open_signer
from .store import open_store
from .web import Web

WELL, ALARMED, UNABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except AgentError as fault:
        sys.stderr.write(f"meshfed-agent: {fault}\n")
        return UNABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="meshfed-agent", description="Runs the tunnels of one gateway.")
    parser.add_argument("--config", type=Path, default=DEFAULT_PATH, help=f"settings (default {DEFAULT_PATH})")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in (
        ("run", _run, "pass after pass, until told to end"),
        ("once", _once, "one pass"),
        ("version", _version, "this program's version"),
    ):
        verbs.add_parser(name, help=text).set_defaults(command=command)
    shown = verbs.add_parser("status", help="what the last pass saw")
    shown.add_argument("--json", action="store_true", help="as JSON")
    shown.set_defaults(command=_status)
    rotated = verbs.add_parser("rotate", help="new keys for the tunnels that this gateway starts")
    rotated.add_argument("--peer", help="only the tunnel to this gateway, for example euc1-a")
    rotated.set_defaults(command=_rotate)
    return parser


def _assemble(config: AgentConfig) -> tuple[Agent, Surroundings]:
    # Its own cloud's services are asked with the system's roots; `ca_file` is for the distribution alone.
    own = Web()
    around = Surroundings(
        store=open_store(config, own),
        publisher=open_publisher(config),
        signer=open_signer(config, own),
        web=Web(config.ca_file),
    )
    return Agent(config, around), around


def _run(given: argparse.Namespace) -> int:
    config = load(given.config)
    with files.locked(config.state / "lock"):
        agent, around = _assemble(config)
        Service(agent, around.store, config.gateway).run()
    return WELL


def _once(given: argparse.Namespace) -> int:
    config = load(given.config)
    with files.locked(config.state / "lock"):
        agent, _ = _assemble(config)
        return ALARMED if agent.pass_once(datetime.now(UTC)).alarms else WELL


def _version(_: argparse.Namespace) -> int:
    sys.stdout.write(f"{VERSION}\n")
    return WELL


def _status(given: argparse.Namespace) -> int:
    seen = status.read(load(given.config))
    shown = json.dumps(seen, indent=1) if given.json else "\n".join(status.lines(seen))
    sys.stdout.write(f"{shown}\n")
    return ALARMED if seen["alarms"] else WELL


def _rotate(given: argparse.Namespace) -> int:
    config = load(given.config)
    kept = files.read(config.state / "gateway.json")
    if kept is None:
        raise ConfigError("rotate: no gateway document is in use yet; wanted: a pass of meshfed-agent before")
    peers = [peer.name for peer in gateway.parse(kept, config.region, config.gateway).peers]
    wanted = [given.peer] if given.peer else [name for name in peers if config.name < name]
    for name in wanted:
        if name not in peers:
            raise ConfigError(f"rotate: {name} is no peer of {config.name}; peers: {', '.join(peers) or 'none'}")
        if name < config.name:
            raise ConfigError(f"rotate: the tunnel to {name} is started there; run it on {name}")
        files.write(config.state / "rotate" / name, b"")
    sys.stdout.write(f"rotation asked for: {', '.join(wanted) or 'no tunnel is started here'}\n")
    return WELL


if __name__ == "__main__":
    raise SystemExit(main())
