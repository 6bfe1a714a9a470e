"""Scenarios: they stimulate an endpoint and assert nothing; the checks judge what was exchanged."""
