"""The texts that owners write: around posts, in mail to members, in answers to authors."""
