"""What the examples of the course reach over seeds, beside the reference: run by hand, not collected by pytest."""
