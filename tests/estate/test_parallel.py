"""Work on several cores: results in the order of the jobs, failures as they are."""

from __future__ import annotations

import os

import pytest

from estate.parallel import in_order

# None of ours runs in the threads that Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_jobs(workers):
    told = []
    found = list(in_order(lambda job: job * job, range(20), workers=workers, finished=told.append))
    assert (found, told) == ([job * job for job in range(20)], list(range(1, 21)))


def test_work_sees_what_the_parent_has_and_is_done_elsewhere():
    held = object()
    found = list(in_order(lambda _: (id(held), os.getpid()), range(4), workers=2))
    assert {each for each, _ in found} == {id(held)}
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_is_that_of_the_job(workers):
    def work(job):
        if job == 3:
            raise ValueError("three")
        return job

    with pytest.raises(ValueError, match="three"):
        list(in_order(work, range(6), workers=workers))
