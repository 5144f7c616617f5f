"""Speed and quality, measured: each script prints a table, and says beside what it is compared."""
