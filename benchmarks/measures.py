"""Speed of the measures engine: cases a second on one core, over every line as its first case asks.

    python -m benchmarks.measures [--seconds S]

Aim: at least 2,000 cases a second and core, with the result as canonical bytes. Beside it, in the same run, the bare
arithmetic in decimals (the smallest of rate × base and a cap): how much trace, conditions and checks cost.
"""

import argparse
import time
from collections.abc import Callable
from decimal import Decimal

from kandelia.apps.measures.logic.engine import compute
from kandelia.apps.measures.store import current
from kandelia.apps.measures.tests.reading_cases import Case, cases

AIM_PER_S = 2_000
WARM_CASES = 200


def rate_of(work: Callable[[Case], object], asked: list[Case], seconds: float) -> float:
    """Cases a second of this process's own time."""
    for case in asked[:WARM_CASES]:
        work(case)
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for case in asked:
            work(case)
        done += len(asked)
    return done / spent


def bare(_case: Case) -> Decimal:
    """What the arithmetic alone costs."""
    return min(Decimal("0.30") * Decimal("2000000"), Decimal("3000000"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    measures, asked = current(), list(cases())
    result = rate_of(lambda case: compute(measures, case.line, case.given, case.as_of), asked, seconds)
    wire = rate_of(lambda case: compute(measures, case.line, case.given, case.as_of).canonical(), asked, seconds)
    plain = rate_of(bare, asked, seconds)
    print(f"{len(asked)} cases over {len(measures.lines)} lines, one core, {seconds:g} s each")
    print(f"result                 {result:12,.0f} cases/s")
    print(
        f"result as JSON bytes   {wire:12,.0f} cases/s   aim {AIM_PER_S:,}: {'met' if wire >= AIM_PER_S else 'missed'}"
    )
    print(f"bare decimal min       {plain:12,.0f} cases/s   ratio {plain / wire:.0f}")


if __name__ == "__main__":
    main()
