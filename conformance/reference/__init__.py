"""A faithful Assistants v2 endpoint in memory with a scripted model: to record, to prove checks, to develop with."""
