"""Whose turn it is: questions wait by organisation, and organisations take turns."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out within an organisation; one each in turn among them. Bounded per organisation and in all."""

    def __init__(self, each_max: int, all_max: int) -> None:
        self._each_max, self._all_max = each_max, all_max
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, organisation: str, item: T) -> bool:
        """False when the organisation, or everybody together, has too many waiting already."""
        queue = self._waiting.get(organisation)
        if self._count >= self._all_max or (queue is not None and len(queue) >= self._each_max):
            return False
        self._waiting.setdefault(organisation, deque()).append(item)
        self._count += 1
        return True

    def take(self) -> T | None:
        """The next one, or None when nobody waits."""
        if not self._waiting:
            return None
        organisation, queue = self._waiting.popitem(last=False)
        item = queue.popleft()
        self._count -= 1
        if queue:
            self._waiting[organisation] = queue
        return item
