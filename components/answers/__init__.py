"""Answers: from requests to runs, how they are drawn, and what becomes a reply."""
