"""Statements of rules as Rego: for OPA, and as a bundle for Gatekeeper."""
