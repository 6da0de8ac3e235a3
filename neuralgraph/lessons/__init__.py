"""The course: lessons beside the examples, as plain text files that are read into values. No window, no torch."""
