"""The six cutover DAGs: pilot → Poznań → Olsztyn, Warszawa → Katowice, Kraków."""

from __future__ import annotations

from config.units import UNITS
from dags._factory import cutover_dag

# Airflow looks for this word in files it should read: DAG
for _unit in UNITS:
    globals()[f"cutover_{_unit.name}"] = cutover_dag(_unit)
