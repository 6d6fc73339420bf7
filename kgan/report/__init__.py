"""What is told of a run: scores for the terminal, and the page that it leaves."""
