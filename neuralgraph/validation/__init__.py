"""Is it sound? A table of named rules that give `Problem`s with a place and a fix."""

from neuralgraph.validation.problem import Fix, Problem, Severity

__all__ = ["Fix", "Problem", "Severity"]
