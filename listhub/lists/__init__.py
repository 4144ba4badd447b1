"""What a list means: settings, directory, subscriptions, recipients, policy."""
