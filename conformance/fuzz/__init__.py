"""Fuzz an endpoint: requests from the contract's schemas, and sequences of calls; judged by the same checks."""
