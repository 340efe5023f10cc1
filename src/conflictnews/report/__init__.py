"""Results as text, JSON and pictures: the only room that rounds."""
