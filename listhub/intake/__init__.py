"""The door for mail: LMTP daemon and the one function that accepts."""
