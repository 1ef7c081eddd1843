"""Where the weights come from: rendered people, photographs, training and its measure. Nothing imports it."""
