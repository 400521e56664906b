"""Gives the failing cases of the rules to other scanners and says which of them each catches."""
