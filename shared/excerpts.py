"""Values of any length, cut so that an error stays short."""


def excerpt(value: str, most: int = 80) -> str:
    """The value, or its first `most` - 1 characters and an ellipsis."""
    return value if len(value) <= most else f"{value[: most - 1]}…"
