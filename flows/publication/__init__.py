"""Writing what people look at: the pages, the workbook, the DuckDB file, the description for tools."""
