"""Table files as a DuckDB database: CSV, JSON, Parquet, Excel and .ods, and how their cells are read."""
