"""Methods that find the joints of one person."""
