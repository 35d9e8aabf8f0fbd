"""The two interfaces: the web chat and the command line."""
