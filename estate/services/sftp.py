"""The simulated SFTP drop: a server on the loopback interface, locked into one folder, with mishaps on order."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

LOOPBACK = "127.0.0.1"
_START_SECONDS = 30


@dataclass
class Mishaps:
    """What goes wrong next; each happens once."""

    cut_after: int | None = None
    """Bytes served until the line goes dead."""
    grow: dict[str, bytes] = field(default_factory=dict)
    """Name of a file to what its sender appends while somebody reads it."""
    served: int = 0
    """Bytes of files read so far."""


class SftpDrop:
    """A server that shows one folder to one user. Use it as a context manager."""

    def __init__(self, folder: Path, *, user: str, password: str, host_key: asyncssh.SSHKey | None = None) -> None:
        self.folder = folder
        self.user = user
        self.mishaps = Mishaps()
        self.port = 0
        self._password = password
        self._key = host_key or asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sftp", daemon=True)

    @property
    def host_key(self) -> str:
        """The public key to pin."""
        return str(self._key.export_public_key().decode("ascii").strip())

    def __enter__(self) -> SftpDrop:
        self._thread.start()
        if not self._is_up.wait(_START_SECONDS):
            raise RuntimeError("the SFTP server did not come up")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._is_up.set()
        self._loop.run_forever()
        self._server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncssh.create_server(
            lambda: _Account(self.user, self._password),
            LOOPBACK,
            0,
            server_host_keys=[self._key],
            sftp_factory=lambda channel: _Files(channel, self.folder, self.mishaps),
            allow_scp=False,
        )
        self.port = self._server.get_port()


class _Account(asyncssh.SSHServer):
    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (self._user, self._password)


class _Files(asyncssh.SFTPServer):
    def __init__(self, channel: Any, folder: Path, mishaps: Mishaps) -> None:
        super().__init__(channel, chroot=str(folder).encode())
        self._mishaps = mishaps

    def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        content = super().read(file_obj, offset, size)
        assert isinstance(content, bytes)
        path = Path(file_obj.name if isinstance(file_obj.name, str) else file_obj.name.decode())
        if (more := self._mishaps.grow.pop(path.name, None)) is not None:
            with path.open("ab") as file:
                file.write(more)
        self._mishaps.served += len(content)
        if self._mishaps.cut_after is not None and self._mishaps.served > self._mishaps.cut_after:
            self._mishaps.cut_after = None
            self.connection.abort()
        return content


# -- what senders do ---


def begin(folder: Path, name: str, content: bytes) -> Path:
    """A transfer that is under way: half of the content under the name of a part."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.part"
    path.write_bytes(content[: len(content) // 2])
    return path


def put(folder: Path, name: str, content: bytes, *, sidecar: str = "", records: int | None = None) -> Path:
    """A transfer that is over: the part gets its name, and then the sidecar comes (``ctl``, ``md5`` or none yet)."""
    part = begin(folder, name, content)
    part.write_bytes(content)
    path = part.rename(folder / name)
    if sidecar == "md5":
        (folder / f"{name}.md5").write_text(f"{hashlib.md5(content).hexdigest()}  {name}\n", encoding="ascii")
    if sidecar == "ctl":
        lines = [f"BYTES={len(content)}", f"SHA256={hashlib.sha256(content).hexdigest().upper()}"]
        lines += [f"RECORDS={records}"] if records is not None else []
        (folder / f"{name}.ctl").write_text("\r\n".join([*lines, ""]), encoding="ascii")
    return path
