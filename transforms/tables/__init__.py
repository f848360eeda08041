"""Benchmark tables from resolved lines: one public builder per module, named after the table."""
