"""The names of the menus, in their order; the window shows them before anything else is loaded."""

MENUS = ("File", "Edit", "View", "Canvas", "Train", "Runs", "Help")
