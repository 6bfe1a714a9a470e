"""What scenarios are written with: the driver, fixtures, values around the contract's limits."""
