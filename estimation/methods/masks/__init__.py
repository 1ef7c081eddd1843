"""Methods that say which pixels show the person."""
