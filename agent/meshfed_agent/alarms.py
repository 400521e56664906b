"""What is wrong at present: logged once when it begins and once when it ends, and listed in the status."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from .errors import AgentError

LOG = logging.getLogger("meshfed-agent")


class Alarms:
    """Alarms by subject. A pass of the agent raises them anew; what it does not raise has ended."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}
        self._now: dict[str, str] = {}

    def begin(self) -> None:
        """A new pass starts."""
        self._before, self._now = self._now, {}

    def end(self) -> tuple[str, ...]:
        """The pass is over: tell what has ended; what is left, in order."""
        for subject in sorted(self._before.keys() - self._now.keys()):
            LOG.info("%s: is well again", subject)
        return tuple(f"{subject}: {self._now[subject]}" for subject in sorted(self._now))

    def set(self, subject: str, message: str) -> None:
        """Something is wrong with the subject."""
        if self._before.get(subject) != message and self._now.get(subject) != message:
            LOG.warning("%s: %s", subject, message)
        self._now[subject] = message

    def concern(self, *words: str) -> bool:
        """Whether this pass raised an alarm whose subject begins with one of these words."""
        return any(subject.split(" ", 1)[0] in words for subject in self._now)

    @contextmanager
    def guard(self, subject: str) -> Generator[None]:
        """A known fault inside becomes an alarm, and what follows goes on."""
        try:
            yield
        except AgentError as fault:
            self.set(subject, str(fault))
