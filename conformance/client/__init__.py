"""The client side of a run: targets, the endpoint driver, the tap that records exchanges, and cleanup."""
