"""AWS accounts as principals name them: by number, by root, or within an ARN."""

import re
from typing import Final

from meshfed.settings.gate import GateParameters

_ROOT: Final = re.compile(r"^(?:arn:[^:]+:(?:iam|sts)::)?(\d{12})(?::root)?$", re.IGNORECASE)
_ARN: Final = re.compile(r"^arn:[^:]+:(?:iam|sts)::(\d{12}):", re.IGNORECASE)


def is_account(principal: str) -> bool:
    """Whether a principal is a whole account.

    >>> is_account("arn:aws-cn:iam::111122223333:root"), is_account("arn:aws:iam::111122223333:role/mesh")
    (True, False)
    """
    return _ROOT.match(principal.strip()) is not None


def account_of(principal: str) -> str:
    """The account of a principal; empty for services and for what is none."""
    found = _ROOT.match(principal.strip()) or _ARN.match(principal.strip())
    return found[1] if found else ""


def is_foreign_account(principal: str, parameters: GateParameters) -> bool:
    """Whether a principal is a whole account that is none of the owner's, as far as the owner names them."""
    return bool(parameters.accounts) and is_account(principal) and account_of(principal) not in parameters.accounts
