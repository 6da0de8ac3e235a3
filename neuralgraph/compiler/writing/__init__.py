"""A compiled document as Python source: its drawn modules as classes, their copies as attributes and loops."""
