"""Small steps of learning, replayed from a trace."""
