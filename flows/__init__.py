"""What runs: flows, command line, storage."""
