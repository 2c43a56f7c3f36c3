"""Answers: how requests become runs, how runs are drawn, and how answers become replies."""
