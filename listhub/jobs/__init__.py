"""What time asks for: scheduled jobs, one module each, listed in table.py."""
