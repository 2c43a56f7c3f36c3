"""What the vision part is taught: scenes, drawn as pictures, and questions about them."""
