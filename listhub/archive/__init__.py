"""Distributed posts, kept and findable."""
