"""What a cloud runs on a tunnel gateway to learn whether it works, before the other gateway of the pair is touched."""

READY_SECONDS = 1200
"""How long a cloud waits for the answer: a first boot with packages, and the waits of the script itself."""
# A region that joins has no tunnel before its peers open: a running agent is demanded, a tunnel only waited for.
_SCRIPT = """#!/bin/bash
agent() {{ systemctl is-active --quiet meshfed-agent.service; }}
for attempt in {{1..160}}; do agent && break; sleep 5; done
if ! agent; then echo "the agent does not run" >&2; exit 1; fi
for attempt in {{1..36}}; do
  if (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null; then echo "ready"; exit 0; fi
  sleep 5
done
echo "the agent runs; no tunnel is up yet"
"""


def readiness_script(port: int) -> str:
    """The script, for bash; it fails where the agent does not run, and waits 3 minutes for a tunnel at `port`."""
    return _SCRIPT.format(port=port)
