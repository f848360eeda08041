"""Synthetic anesthesia claims and remittances: pure and seeded, the same seed gives the same rows."""
