"""The pages of privacy requests, a module for each thing that has pages."""
