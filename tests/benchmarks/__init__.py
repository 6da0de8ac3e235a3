"""Speed, shown as ratios against a named peer; never a timed unit test."""
