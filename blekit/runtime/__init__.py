"""The local runtime: embedded PostgreSQL and Airflow under one ``BLEKIT_HOME``, started and stopped together."""
