"""Every view of a network: one class each, in one closed list. numpy in what they answer; no window."""
