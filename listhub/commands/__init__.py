"""Commands: mail that asks for something; parsed, judged, done, reported."""
