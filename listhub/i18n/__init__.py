"""i18n: the languages that people are written to in."""
