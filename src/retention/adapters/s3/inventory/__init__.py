"""S3 Inventory: what Amazon lists of a bucket by itself, read with DuckDB."""
