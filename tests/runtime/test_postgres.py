"""The embedded PostgreSQL in the places people really put a checkout."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from blekit.runtime import place as places
from blekit.runtime import postgres as module
from blekit.runtime.ports import free_port, is_taken
from config.errors import ConfigurationError, StorageFailed

IS_ROOT = os.geteuid() == 0
LONG = "a-folder-name-of-thirty-letters/" * 3


def ask(server, query, *, database="postgres"):
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        return connection.execute(query).fetchone()


@pytest.fixture
def open_folder():
    """A folder that others may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="blekit-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        pytest.param("with a space", 0o755, id="space"),
        pytest.param(LONG, 0o755, id="ninety characters"),
        pytest.param("zażółć 'gęślą' %d $HOME", 0o755, id="Polish letters and quotes"),
        pytest.param("closed folder", 0o700, id="0700"),
    ],
)
def test_starts_where_a_checkout_may_be(open_folder, postgres_in, name, mode):
    outer = open_folder / name
    outer.mkdir(parents=True)
    outer.chmod(mode)
    server = postgres_in(outer / ".blekit")
    server.start()
    assert server.is_running()
    assert ask(server, "show password_encryption") == ("scram-sha-256",)
    data = Path(ask(server, "show data_directory")[0])
    is_closed_to_nobody = IS_ROOT and mode == 0o700
    assert data.is_relative_to(places.SHARED if is_closed_to_nobody else outer)


def test_lives_through_start_stop_start(tmp_path, postgres_in):
    server = postgres_in(tmp_path)
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table kept (x int)")
        connection.execute("insert into kept values (7)")
    port = server.port
    server.start()
    server.stop()
    assert not server.is_running()
    server.stop()
    server.start()
    assert (server.port, ask(server, "select x from kept")) == (port, (7,))


def test_listens_on_loopback_only_and_opens_no_unix_socket(tmp_path, postgres_in):
    server = postgres_in(tmp_path)
    server.start()
    assert ask(server, "show listen_addresses") == ("127.0.0.1",)
    assert ask(server, "show unix_socket_directories") == ("",)
    assert {address for address, port in listeners() if port == server.port} == {"127.0.0.1"}


def test_a_wrong_password_is_refused(tmp_path, postgres_in):
    server = postgres_in(tmp_path)
    server.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", password="guess", dbname="postgres")


def test_recovers_from_a_kill_and_a_recycled_pid(tmp_path, postgres_in):
    server = postgres_in(tmp_path)
    server.start()
    data = Path(ask(server, "show data_directory")[0])
    pid_file = data / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    # The worst that can be found there after a reboot: the pid now belongs to another program of the same user.
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    wait_until_free(server.port)
    assert not server.is_running()
    server.start()
    assert ask(server, "select 1") == (1,)


def test_a_wanted_port_that_is_taken_is_named(tmp_path, postgres_in):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"port {port} .*taken") as refused:
            postgres_in(tmp_path, port=port).start()
    assert "BLEKIT_DATABASE_PORT" in refused.value.hint


def test_a_remembered_port_that_is_taken_gives_way(tmp_path, postgres_in):
    server = postgres_in(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        server.folder.mkdir(parents=True)
        (server.folder / "port").write_text(str(taken))
        server.start()
        assert server.port != taken
    assert server.is_running()


def test_a_short_disk_is_named(tmp_path, postgres_in, monkeypatch):
    monkeypatch.setattr(module, "NEEDED_BYTES", 10**18)
    with pytest.raises(StorageFailed, match="MB free in") as refused:
        postgres_in(tmp_path).start()
    assert "BLEKIT_HOME" in refused.value.hint


@pytest.mark.skipif(not IS_ROOT, reason="only root gives the data to another account")
def test_root_never_runs_the_server(open_folder, postgres_in):
    server = postgres_in(open_folder)
    server.start()
    data = Path(ask(server, "show data_directory")[0])
    pid = (data / "postmaster.pid").read_text().split()[0]
    assert Path(f"/proc/{pid}").stat().st_uid == places.NOBODY
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become another account")
def test_runs_without_root(open_folder):
    home = open_folder / "home of nobody"
    home.mkdir()
    os.chown(home, places.NOBODY, places.NOBODY)
    script = (
        "import sys; from pathlib import Path; from blekit.runtime.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]), password='x'); server.start()\n"
        "assert server.is_running(); server.stop(); print('ran')"
    )
    if not places.may_enter(Path(sys.executable).resolve().parent) or not places.may_enter(
        Path(module.__file__).parent
    ):
        pytest.skip("another account cannot read this Python or this checkout")
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        user=places.NOBODY,
        group=places.NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        cwd="/",
    )
    assert done.stdout.strip() == "ran", done.stderr


@pytest.mark.skipif(not IS_ROOT, reason="only root relocates")
def test_a_new_checkout_does_not_inherit_the_database_of_a_deleted_one(open_folder, postgres_in):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    first = postgres_in(closed / ".blekit")
    first.start()
    first.stop()
    shutil.rmtree(closed / ".blekit")
    second = postgres_in(closed / ".blekit")
    second._password = "another"
    second.start()
    assert ask(second, "select 1") == (1,)
    data = Path(ask(second, "show data_directory")[0])
    shutil.rmtree(data.parent.with_name(f"{data.parent.name}.orphan"))


def listeners() -> set[tuple[str, int]]:
    """Listening IPv4 and IPv6 sockets of this machine."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            host, _, port = address.partition(":")
            if state == "0A":
                packed = bytes.fromhex(host)
                name = ".".join(map(str, reversed(packed))) if len(packed) == 4 else host
                found.add((name, int(port, 16)))
    return found


def wait_until_free(port: int) -> None:
    for _ in range(100):
        if not is_taken(port):
            return
        subprocess.run(["sleep", "0.1"], check=True)


def test_a_free_port_is_free():
    assert not is_taken(free_port())
