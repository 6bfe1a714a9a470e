"""What the checks of several areas judge with; nothing here is a check."""
