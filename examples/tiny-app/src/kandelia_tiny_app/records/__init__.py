"""Record types, one a file."""
