"""Policy: scenarios, compiled and evaluated; it judges and changes nothing."""
