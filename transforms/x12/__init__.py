"""Raw X12 837P and 835 to claim lines and remit lines."""
