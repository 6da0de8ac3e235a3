"""The document: the only truth. Immutable values, changed by edits that return their exact inverse."""
