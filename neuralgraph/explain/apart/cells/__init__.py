"""Ways to say what made a number, one family of nodes each."""
