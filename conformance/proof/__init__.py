"""The proof that checks work: every planted fault of the reference endpoint, driven and judged."""
