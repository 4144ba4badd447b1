"""What operators look at: rooms and items, the way of a message, the audit."""
