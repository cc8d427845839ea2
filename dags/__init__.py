"""Airflow wiring only: what depends on what, what is retried, who is asked. A task is one call into ``pipeline``."""
