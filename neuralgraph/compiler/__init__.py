"""To torch: shapes on the meta device, the budget, straight-line `fx` programs, readable Python."""
