"""`python -m tools.demo`: what scripts/demo runs."""

import sys


def main() -> int:
    """The exit code: 0, 1 where a claim did not hold, 130 after Ctrl-C, 143 after SIGTERM."""
    try:
        from tools.demo.program import run  # here, so that Ctrl-C is caught while everything is imported

        return run()
    except KeyboardInterrupt:
        print("\nInterrupted: everything has ended.", flush=True)
        return 130


if __name__ == "__main__":
    sys.exit(main())
