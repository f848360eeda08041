"""The life of a claim: submissions, links, reversals, chains, final adjudications."""

from transforms.resolve.service_lines import Resolved, resolve_lines

__all__ = ["Resolved", "resolve_lines"]
