"""What is stored: SQLAlchemy classes, columns only, one aggregate per module."""
