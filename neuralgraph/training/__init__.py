"""Learning: one loop that carries out the plan and tells what happens as events."""
