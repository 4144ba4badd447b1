"""What waits: the rooms between the stages. Plain SQL over psycopg."""
