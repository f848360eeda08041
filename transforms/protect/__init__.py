"""What each audience may see of the tables: thresholds and rounding."""
