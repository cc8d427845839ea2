"""What the steward's pages need of the product, so that they can be tried without it."""

from __future__ import annotations

from typing import Any, Protocol

Row = dict[str, Any]


class ReviewService(Protocol):
    """The queue, one case, and a decision."""

    def queue(self) -> list[Row]:
        """Open cases, most doubtful first; without personal data."""
        ...

    def case(self, case_ref: str) -> Row:
        """One case with both records and its explanation; ``UsageError`` when there is none."""
        ...

    def customers(self, case_ref: str) -> Row:
        """The customers behind a case: how each hangs together, and why they are not one."""
        ...

    def decide(self, case_ref: str, *, kind: str, actor: str, reason: str) -> Row:
        """Append a decision."""
        ...


class PipelineReview:
    """The service of this installation."""

    def queue(self) -> list[Row]:
        """Open cases, most doubtful first."""
        from pipeline import review
        from pipeline.installation import Installation

        return review.queue(Installation())

    def case(self, case_ref: str) -> Row:
        """One case with both records and its explanation."""
        from pipeline import review
        from pipeline.installation import Installation

        return review.case(Installation(), case_ref)

    def customers(self, case_ref: str) -> Row:
        """The customers behind a case."""
        from pipeline.explain_customers import explain_case
        from pipeline.installation import Installation

        return explain_case(Installation(), case_ref)

    def decide(self, case_ref: str, *, kind: str, actor: str, reason: str) -> Row:
        """Append a decision."""
        from pipeline import review
        from pipeline.installation import Installation

        return review.decide(Installation(), case_ref, kind, actor, reason)
