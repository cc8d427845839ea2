"""The steward's match queue: pages on top of ``pipeline.review``, standing inside Airflow's user interface."""
