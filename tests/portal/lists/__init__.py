"""Lists that are declared."""
