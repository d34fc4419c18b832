"""The public door for a driver's grade: the rules, and what a `quality.toml` amounts to. Loads without Django."""

from kandelia.kernel.connections.grading import driver_names, grade_of_driver, quality_file
from kandelia.kernel.connections.logic.grades import RULES, Grade, grade_of, proofs_of

__all__ = ["RULES", "Grade", "driver_names", "grade_of", "grade_of_driver", "proofs_of", "quality_file"]
