"""The resources of the API: each module has its shapes, its functions and their table."""
