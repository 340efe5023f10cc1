"""Reading and writing documents, one module per format."""
