"""The API of privacy requests."""
