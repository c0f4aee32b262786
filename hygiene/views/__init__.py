"""The pages of data hygiene, a module for each thing that has pages."""
