"""What several areas judge alike."""
