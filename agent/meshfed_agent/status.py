"""What the agent tells about itself: one file, rewritten by each pass, without any private key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from . import VERSION, files
from .config import AgentConfig
from .documents import TIME, Statement
from .errors import ConfigError
from .gateway import GatewayDocument
from .tunnels import Seen

FORMAT = "meshfed/status/v1"
FIRST_POLL_SECONDS = 10
"""Between passes until the first gateway document is there."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one pass saw."""

    config: AgentConfig
    now: datetime
    document: GatewayDocument | None
    published: Statement | None
    accepted: Mapping[str, Statement]
    tunnels: tuple[Seen, ...]


def write(report: Report, alarms: tuple[str, ...]) -> None:
    """Write the status file; everybody on the host may read it."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "gateway": report.config.name,
        "time": report.now.strftime(TIME),
        "epoch": report.document.epoch if report.document else None,
        "published": _statement(report.published, report.now) if report.published else None,
        "peers": {
            peer.name: _statement(report.accepted[peer.name], report.now) if peer.name in report.accepted else None
            for peer in (report.document.peers if report.document else ())
        },
        "tunnels": [
            {
                "peer": seen.peer,
                "generation": seen.generation,
                "interface": seen.interface,
                "established": seen.session,
                "last_handshake": seen.handshake,
            }
            for seen in report.tunnels
        ],
        "alarms": list(alarms),
    }
    files.write(_path(report.config), json.dumps(content, indent=1).encode(), mode=files.PUBLIC)


def _statement(statement: Statement, now: datetime) -> dict[str, object]:
    return {
        "epoch": statement.epoch,
        "sequence": statement.sequence,
        "not_after": statement.not_after.strftime(TIME),
        "expired": statement.not_after <= now,
    }


def _path(config: AgentConfig) -> Path:
    return config.state / "status.json"


def read(config: AgentConfig) -> dict[str, object]:
    """The last status; raises ConfigError before the first pass."""
    data = files.read(_path(config))
    if data is None:
        raise ConfigError(f"{_path(config)}: does not exist; wanted: a pass of meshfed-agent before")
    return cast("dict[str, object]", json.loads(data))


def lines(status: Mapping[str, object]) -> list[str]:
    """The status for people."""
    peers = cast("Mapping[str, Mapping[str, object] | None]", status["peers"])
    tunnels = cast("list[Mapping[str, object]]", status["tunnels"])
    shown = [f"{status['gateway']}  meshfed-agent {status['version']}  as of {status['time']}"]
    for name, statement in sorted(peers.items()):
        said = (
            "no document" if statement is None else f"sequence {statement['sequence']} until {statement['not_after']}"
        )
        expired = "  EXPIRED" if statement is not None and statement["expired"] else ""
        shown.append(f"peer {name}  {said}{expired}")
        shown += [
            f"  {tunnel['interface']}  generation {tunnel['generation']}  {'up' if tunnel['established'] else 'DOWN'}"
            for tunnel in tunnels
            if tunnel["peer"] == name
        ]
    alarms = cast("list[str]", status["alarms"])
    return [*shown, *(f"ALARM {alarm}" for alarm in alarms)]
