"""What running it on Azure costs: `python -m tools.cost` prints the tables of docs/cost.md."""
