"""Every error the agent raises on purpose. None of their messages holds a private key or a token."""


class AgentError(Exception):
    """Something went wrong that the agent knows how to report in one line."""


class ConfigError(AgentError):
    """The host's own settings (`agent.json`) or its surroundings are not usable."""


class RefusedError(AgentError):
    """A document was refused; nothing on the host changed because of it."""


class RemoteError(AgentError):
    """A service did not answer, or answered with something other than what was asked for."""


class MissingError(RemoteError):
    """The service answered that the object does not exist."""


class HostError(AgentError):
    """A program or device of the host did not do what it was told."""
