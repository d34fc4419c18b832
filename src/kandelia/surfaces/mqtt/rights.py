"""What a device may send and hear: topic filters of its identity. Pure. What is not granted is denied."""


def covers(granted: str, wanted: str) -> bool:
    """True where every topic that `wanted` takes is taken by `granted`; a topic name is its own filter."""
    if wanted.startswith("$") != granted.startswith("$"):
        return False
    grants, wants = granted.split("/"), wanted.split("/")
    for place, level in enumerate(grants):
        if level == "#":
            return True
        if place >= len(wants):
            return False
        want = wants[place]
        if want == "#" or (level != "+" and level != want):
            return False
    return len(grants) == len(wants)


def allowed(grants: tuple[str, ...], wanted: str) -> bool:
    """True where one of the grants covers it."""
    return any(covers(granted, wanted) for granted in grants)
