"""What a report may show of the traffic: excerpts, curl commands, redaction, and the writer that refuses secrets."""
