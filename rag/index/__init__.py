"""The folder that holds a collection."""
