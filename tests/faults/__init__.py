"""The fault campaign: what an index promises, tried against disks that fail and processes that die."""
