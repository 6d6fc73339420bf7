"""One file a paper: its networks and its objective."""
