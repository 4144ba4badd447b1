"""What a message is: pure functions over bytes, no I/O (see README.md here)."""
