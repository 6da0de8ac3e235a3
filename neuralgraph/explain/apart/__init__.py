"""One training step, one number, one derivative: taken apart into what made it. torch inside, numpy out."""
