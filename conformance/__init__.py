"""A contract-test and conformance suite for OpenAI Assistants API v2 compatible endpoints."""
