"""Reading what stands in landing/ and the reference data."""
