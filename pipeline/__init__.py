"""The shell around the pure packages: land, standardise, resolve, prepare, publish, reconcile, rehearse, roll back.

A cutover is a walk through this package: :mod:`pipeline.landing` keeps what a legacy system delivered,
:mod:`pipeline.standardising` turns it into standard records, :mod:`pipeline.livesets` says which of them count,
:mod:`pipeline.resolving` makes the content of a release, :mod:`pipeline.cutover` takes a unit from planned to live.
Steps take an :class:`pipeline.installation.Installation` and ids, and return ids and small dicts; every step may be
killed and run again.
"""
