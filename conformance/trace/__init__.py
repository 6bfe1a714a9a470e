"""What went over the wire, as data: exchanges, stream events, traces and their order."""
