"""Signing: DKIM signatures and ARC seals over bytes; keys are given, nothing is read."""
