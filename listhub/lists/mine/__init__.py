"""A person's own page: their lists and options, coming and going, name and address."""
