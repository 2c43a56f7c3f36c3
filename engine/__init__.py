"""Requests in, events out. Importing this package alone imports no torch."""
