"""How mail leaves: packets, SMTP, relays, outcomes."""
