"""The Tokens tab: an answer token by token, and the chain of samplers at one of them."""
