"""What is wrong with a life cycle, found at start-up; and its picture. Pure."""

from collections.abc import Iterable, Iterator

from kandelia.kernel.lives.declaration import CLOCK, Life, Transition


def mistakes(life: Life, roles: Iterable[str]) -> list[str]:
    """Everything that is wrong with a life, in words; `roles` are the names that may stand in a transition."""
    found = [*_names(life), *_ends(life)]
    if found:
        return found
    return [*_reach(life), *_roles(life, set(roles)), *_deadlines(life)]


def _names(life: Life) -> Iterator[str]:
    states = [state.name for state in life.states]
    steps = [one.name for one in life.transitions]
    for kind, names in (("state", states), ("transition", steps)):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f'{kind} "{name}" is there twice'
    for one in life.transitions:
        for name in (*one.sources, one.target):
            if name not in states:
                yield f'transition "{one.name}" names the unknown state "{name}"'


def _ends(life: Life) -> Iterator[str]:
    starts = [state.name for state in life.states if state.kind == "start"]
    if len(starts) != 1:
        yield f"one state must be the start, here: {starts}"


def _reach(life: Life) -> Iterator[str]:
    seen, front = {life.start.name}, [life.start.name]
    while front:
        for one in life.steps_from(front.pop()):
            if one.target not in seen:
                seen.add(one.target)
                front.append(one.target)
    for state in life.states:
        if state.name not in seen:
            yield f'state "{state.name}" cannot be reached'
        if state.kind != "end" and not life.steps_from(state.name):
            yield f'state "{state.name}" is a dead end; make it an end or give it a transition'


def _roles(life: Life, roles: set[str]) -> Iterator[str]:
    for one in life.transitions:
        if not one.roles:
            yield f'transition "{one.name}" has no role'
        for role in one.roles:
            if role not in roles:
                yield f'transition "{one.name}" names the unknown role or duty "{role}"'
    for state in life.states:
        for role in state.editable_by:
            if role not in roles:
                yield f'state "{state.name}" is editable by the unknown role or duty "{role}"'


def _deadlines(life: Life) -> Iterator[str]:
    steps = {one.name: one for one in life.transitions}
    states = {state.name for state in life.states}
    for limit in life.deadlines:
        for name in (*limit.starts, *limit.ends):
            if name not in steps and name != "create":
                yield f'deadline "{limit.name}" names the unknown transition "{name}"'
        for name in limit.suspended_in:
            if name not in states:
                yield f'deadline "{limit.name}" names the unknown state "{name}"'
        if not limit.starts:
            yield f'deadline "{limit.name}" never begins'
        if limit.then and (limit.then not in steps or CLOCK not in steps[limit.then].roles):
            yield f'deadline "{limit.name}" fires "{limit.then}", which is no transition of the role "{CLOCK}"'
    for one in life.transitions:
        if one.roles == (CLOCK,) and one.name not in {limit.then for limit in life.deadlines}:
            yield f'transition "{one.name}" waits for the clock, and no deadline fires it'


def picture(life: Life) -> str:
    """The life as a Mermaid state diagram, for documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {life.start.name}"]
    lines += [f"    {state.name} : {state.label.zh} {state.label.en}" for state in life.states]
    lines += [f"    {source} --> {one.target} : {_step(one)}" for one in life.transitions for source in one.sources]
    lines += [f"    {state.name} --> [*]" for state in life.states if state.kind == "end"]
    return "\n".join(lines)


def _step(one: Transition) -> str:
    return f"{one.label.zh} {one.label.en} ({', '.join(one.roles)})"
