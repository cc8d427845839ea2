"""The ``airflow.cfg`` of this installation: written at every start from what the installation knows.

Everything listens on 127.0.0.1, nothing calls home, and what Airflow does in the background is slowed to what two cores
carry beside a cutover. ``AIRFLOW_HOME=<home>/airflow airflow …`` works by hand with the same file.
"""

from __future__ import annotations

import configparser
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blekit.runtime.ports import LOOPBACK


@dataclass(frozen=True)
class AirflowPlace:
    """What Airflow has to be told about this installation."""

    home: Path
    dags_folder: Path
    logs_folder: Path
    port: int
    database_url: str
    users: str
    passwords_file: Path
    fernet_key: str
    jwt_secret: str
    api_secret: str

    @property
    def url(self) -> str:
        """Address of the user interface and the API."""
        return f"http://{LOOPBACK}:{self.port}"


def airflow_cfg(place: AirflowPlace) -> str:
    """The text of ``airflow.cfg``."""
    parser = configparser.ConfigParser(interpolation=None)
    for section, options in _sections(place).items():
        # Airflow interpolates: a percent sign in a path or a password has to be doubled.
        parser[section] = {name: str(value).replace("%", "%%") for name, value in options.items()}
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def _sections(place: AirflowPlace) -> Mapping[str, Mapping[str, object]]:
    return {
        "core": {
            "dags_folder": place.dags_folder,
            "executor": "LocalExecutor",
            "parallelism": 4,
            "max_active_tasks_per_dag": 4,
            "load_examples": False,
            # Cutovers wait for an asset or a trigger, and then for an approval; a paused one would drop the event.
            "dags_are_paused_at_creation": False,
            "fernet_key": place.fernet_key,
            "simple_auth_manager_users": place.users,
            "simple_auth_manager_passwords_file": place.passwords_file,
            # The default asks the resolver for a full name, which takes seconds where there is no network.
            "hostname_callable": "socket.gethostname",
            "execution_api_server_url": f"{place.url}/execution/",
            "default_task_retries": 0,
        },
        "database": {
            "sql_alchemy_conn": place.database_url,
            # psycopg serves both ways; the default for the second is asyncpg, which is not installed.
            "sql_alchemy_conn_async": place.database_url,
            "load_default_connections": False,
            "sql_alchemy_pool_size": 5,
        },
        "logging": {
            "base_log_folder": place.logs_folder / "tasks",
            "dag_processor_child_process_log_directory": place.logs_folder / "dags",
            "colored_console_log": False,
            "uvicorn_logging_level": "WARNING",
        },
        "api": {
            "host": LOOPBACK,
            "port": place.port,
            "workers": 1,
            "base_url": place.url,
            "secret_key": place.api_secret,
            "instance_name": "Błękit",
        },
        "api_auth": {"jwt_secret": place.jwt_secret},
        "scheduler": {
            "scheduler_idle_sleep_time": 0.5,
            "enable_health_check": False,
            "parsing_cleanup_interval": 300,
            "catchup_by_default": False,
            # A task whose process was killed is tried again after a minute, not after five.
            "task_instance_heartbeat_sec": 5,
            "task_instance_heartbeat_timeout": 60,
            "task_instance_heartbeat_timeout_detection_interval": 10,
            "orphaned_tasks_check_interval": 30,
        },
        "dag_processor": {
            "parsing_processes": 1,
            "min_file_process_interval": 300,
            "refresh_interval": 300,
            "print_stats_interval": 0,
        },
        "metrics": {"statsd_on": False, "otel_on": False},
        "traces": {"otel_on": False},
    }
