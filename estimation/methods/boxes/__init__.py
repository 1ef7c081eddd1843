"""Methods that find the box of one person's head."""
