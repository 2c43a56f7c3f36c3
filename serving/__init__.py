"""HTTP around the page: who may connect, what they may send, and how the server runs."""
