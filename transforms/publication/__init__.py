"""What people look at, computed without a file or a clock: queries, words, values as text, charts, pages."""
