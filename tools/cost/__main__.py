"""`python -m tools.cost`."""

from tools.cost.report import report

if __name__ == "__main__":
    print(report())
