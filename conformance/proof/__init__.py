"""The proof that checks work: planted faults, operators over recorded traces, and harmless variations."""
