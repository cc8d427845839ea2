"""Drop directories on SFTP servers.

The server's key is pinned: one that shows another key is not spoken to. Files are copied into a scratch folder that
outlives the process, so that a cut transfer goes on where it stopped; a file whose size or time changed while it was
read is left for the next time. What is complete is handed to the caller, who makes a delivery of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from config.errors import (
    BadData,
    BlekitError,
    BudgetExceeded,
    ConfigurationError,
    PermissionDenied,
    SourceUnavailable,
    StorageFailed,
)
from config.kinds import Kind
from config.services import DropService
from connectors.manifest import MANIFEST_NAME, DeliveryManifest, read_manifest
from connectors.sftp_drops import PART, Candidate, Left, RemoteFile, is_safe, loose_files, read_sidecar

_BLOCK = 1 << 20
_SECONDS = 60.0
"""How long the server may take for one answer."""
_SMALL_FILE = 1 << 20
"""Manifests and sidecars are no larger."""


@dataclass(frozen=True)
class SftpServer:
    """Where a drop is and as whom we log in."""

    host: str
    port: int
    user: str
    folder: str
    host_key: str
    """Its public key, a line of OpenSSH."""
    password: str | None = None
    private_key: bytes | None = None


@dataclass(frozen=True)
class Pulled:
    """One complete delivery in a folder of ours."""

    candidate: Candidate
    folder: Path
    control: Mapping[str, int]
    manifest: DeliveryManifest | None
    """The sender's, in the folder too; None where he sends sidecars."""


class _LeftAlone(Exception):
    """This delivery is not taken now."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def pull_drop(
    server: SftpServer,
    *,
    kind: Kind,
    source_id: str,
    scratch: Path,
    is_known: Callable[[Candidate], bool],
    take: Callable[[Pulled], None],
) -> tuple[Left, ...]:
    """Copy every complete delivery of a drop that is not known yet, oldest first; what was left, and why.

    Args:
        server: where.
        kind: how the files are named and what says that they are complete.
        source_id: for messages.
        scratch: folder for unfinished transfers, kept between calls.
        is_known: whether a delivery was taken before and has not been touched since.
        take: gets each delivery; its folder is gone afterwards.

    Raises:
        SourceUnavailable: the server did not answer, or hung up; what was copied so far is kept.
        PermissionDenied: it shows another key than the pinned one, or refuses the account.
        ConfigurationError: the drop does not exist, or a key cannot be read.
    """
    if not isinstance(kind.service, DropService):
        raise ConfigurationError(f"kind {kind.kind}: service: not a drop", hint="Its YAML needs service.fetch: sftp")
    if unfit := [part for part in kind.service.names if "*" in kind.files.get(part, "*")]:
        raise ConfigurationError(
            f"kind {kind.kind}: service.names: {', '.join(unfit)}: not a part of one file",
            hint="Deliveries with parts of many files come in folders: layout: folders",
        )
    puller = _Puller(kind, kind.service, source_id=source_id, scratch=scratch, is_known=is_known, take=take)
    # The caller may be inside an event loop of its own (a web server, a browser it drives): the transfer gets a thread.
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(asyncio.run, puller.run(server)).result()


@asynccontextmanager
async def _connected(server: SftpServer, *, source_id: str) -> AsyncIterator[asyncssh.SFTPClient]:
    try:
        pinned = asyncssh.import_public_key(server.host_key)
        own = [asyncssh.import_private_key(server.private_key)] if server.private_key else None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as exc:
        raise ConfigurationError(f"{source_id}: a key file holds no OpenSSH key") from exc
    try:
        async with (
            # Neither the user's own keys, agent nor configuration: an installation logs in with what it was given.
            asyncssh.connect(
                server.host,
                server.port,
                username=server.user,
                password=server.password,
                client_keys=own,
                known_hosts=([pinned], [], []),
                agent_path=None,
                config=None,
                connect_timeout=_SECONDS,
                login_timeout=_SECONDS,
                keepalive_interval=15,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield client
    except asyncssh.HostKeyNotVerifiable as exc:
        raise PermissionDenied(
            f"{source_id}: the server shows another key than the pinned one",
            hint="Ask its owner whether the key was changed; only then replace the file of host_key",
        ) from exc
    except (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied) as exc:
        raise PermissionDenied(
            f"{source_id}: the server refused this account", hint="Check user and key files"
        ) from exc
    except (asyncssh.Error, OSError, TimeoutError) as exc:
        raise SourceUnavailable(f"{source_id}: the SFTP server did not answer ({type(exc).__name__})") from exc


class _Puller:
    """One visit to a drop."""

    def __init__(
        self,
        kind: Kind,
        service: DropService,
        *,
        source_id: str,
        scratch: Path,
        is_known: Callable[[Candidate], bool],
        take: Callable[[Pulled], None],
    ) -> None:
        self._kind = kind
        self._service = service
        self._source_id = source_id
        self._scratch = scratch
        self._is_known = is_known
        self._take = take
        self._left: list[Left] = []

    async def run(self, server: SftpServer) -> tuple[Left, ...]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        async with _connected(server, source_id=self._source_id) as client:
            for candidate in await self._candidates(client, server.folder):
                if not self._is_known(candidate):
                    await self._pull(client, candidate)
        return tuple(self._left)

    # -- what is there ---

    async def _candidates(self, client: asyncssh.SFTPClient, folder: str) -> list[Candidate]:
        try:
            entries = await asyncio.wait_for(client.readdir(folder), _SECONDS)
        except asyncssh.SFTPNoSuchFile as exc:
            raise ConfigurationError(f"{self._source_id}: no folder {folder!r} on the SFTP server") from exc
        if self._service.layout == "files":
            found, left = loose_files(self._files(folder, entries), kind=self._kind, service=self._service)
            self._left += left
            return found
        names = sorted(str(each.filename) for each in entries if each.attrs.type == asyncssh.FILEXFER_TYPE_DIRECTORY)
        held = [await self._folder(client, f"{folder}/{name}", name=name) for name in names if is_safe(name)]
        return sorted((each for each in held if each), key=lambda each: (each.business_date, each.sequence))

    @staticmethod
    def _files(folder: str, entries: Sequence[asyncssh.SFTPName]) -> list[RemoteFile]:
        # No links: they could lead out of the drop, and the same file would be taken twice.
        return [
            RemoteFile(f"{folder}/{name}", name, each.attrs.size or 0, each.attrs.mtime or 0)
            for each in entries
            if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR and is_safe(name := str(each.filename))
        ]

    async def _folder(self, client: asyncssh.SFTPClient, path: str, *, name: str) -> Candidate | None:
        """The delivery a folder of the drop holds, once its manifest is there."""
        entries = await asyncio.wait_for(client.readdir(path), _SECONDS)
        by_name = {file.name: file for file in self._files(path, entries)}
        try:
            if MANIFEST_NAME not in by_name:
                raise _LeftAlone("still_arriving", f"no {MANIFEST_NAME} yet")
            manifest = await self._manifest(client, by_name[MANIFEST_NAME])
            wanted = [entry.name for entry in manifest.files]
            for each in wanted:
                if each not in by_name:
                    part = each + PART in by_name
                    raise _LeftAlone("still_arriving", f"only {each}{PART} yet" if part else f"no {each} yet")
        except (_LeftAlone, BadData) as exc:
            self._leave(name, exc)
            return None
        files = {each: by_name[each] for each in (*wanted, MANIFEST_NAME)}
        return Candidate(name, manifest.business_date, manifest.sequence, files, {})

    async def _manifest(self, client: asyncssh.SFTPClient, file: RemoteFile) -> DeliveryManifest:
        folder = self._scratch / "manifest"
        folder.mkdir(exist_ok=True)
        (folder / MANIFEST_NAME).write_bytes(await self._small(client, file))
        return read_manifest(folder)

    async def _small(self, client: asyncssh.SFTPClient, file: RemoteFile) -> bytes:
        if file.size > _SMALL_FILE:
            raise BudgetExceeded(f"{file.name}: {file.size} bytes, at most {_SMALL_FILE} are allowed")
        async with client.open(file.path, "rb") as remote:
            return await _block(remote, _SMALL_FILE, offset=0)

    def _leave(self, name: str, why: _LeftAlone | BlekitError) -> None:
        reason = why.reason if isinstance(why, _LeftAlone) else why.message.replace(f"{self._scratch}/", "")
        self._left.append(Left(name, why.code, reason))

    # -- taking it ---

    async def _pull(self, client: asyncssh.SFTPClient, candidate: Candidate) -> None:
        folder = self._scratch / "complete"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            control = await self._copy_all(client, candidate, folder)
            manifest = read_manifest(folder) if MANIFEST_NAME in candidate.files else None
            self._take(Pulled(candidate, folder, control, manifest))
        except (_LeftAlone, BadData) as exc:
            self._leave(candidate.key, exc)
        except asyncssh.SFTPNoSuchFile:
            self._leave(candidate.key, _LeftAlone("still_arriving", "the sender took it away meanwhile"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _copy_all(self, client: asyncssh.SFTPClient, candidate: Candidate, folder: Path) -> dict[str, int]:
        control = {}
        for name, file in candidate.files.items():
            sidecar = candidate.sidecars.get(name)
            claim = None
            if sidecar is not None:
                content = await self._small(client, sidecar)
                claim = read_sidecar(content, service=self._service, name=sidecar.name)
                _check_size(file, claimed=claim.size)
                if claim.records is not None and name == self._kind.files["main"]:
                    control["records"] = claim.records
            copy = await self._copy(client, file)
            if claim is not None and claim.digest is not None:
                _check_digest(copy, *claim.digest, name=file.name)
            copy.rename(folder / name)
        return control

    async def _copy(self, client: asyncssh.SFTPClient, file: RemoteFile) -> Path:
        """Copy a file, from where an earlier try stopped if it is still the same one."""
        if file.size > self._kind.budgets.max_file_bytes:
            raise BudgetExceeded(
                f"{file.name}: {file.size} bytes, at most {self._kind.budgets.max_file_bytes} are allowed",
                hint="Raise budgets.max_file_bytes in the kind's YAML if this is right",
            )
        partial = self._partial(file)
        async with client.open(file.path, "rb") as remote:
            offset = partial.stat().st_size
            while offset < file.size:
                block = await _block(remote, min(_BLOCK, file.size - offset), offset=offset)
                if not block:
                    break
                _append(partial, block)
                offset += len(block)
            after = await asyncio.wait_for(remote.stat(), _SECONDS)
        if (after.size, after.mtime) != (file.size, file.mtime) or offset != file.size:
            partial.unlink()
            raise _LeftAlone("grew", f"{file.name} changed while it was read")
        return partial

    def _partial(self, file: RemoteFile) -> Path:
        """The unfinished copy of this very file; an empty one when it is another by now."""
        name = hashlib.sha256(file.path.encode()).hexdigest()[:24]
        partial, stamp = self._scratch / f"{name}.partial", self._scratch / f"{name}.stamp"
        wanted = json.dumps({"size": file.size, "mtime": file.mtime})
        try:
            is_same = stamp.exists() and stamp.read_text(encoding="ascii") == wanted
            if not (is_same and partial.exists() and partial.stat().st_size <= file.size):
                partial.write_bytes(b"")
                stamp.write_text(wanted, encoding="ascii")
        except OSError as exc:
            raise StorageFailed(f"cannot write {partial}: {exc.strerror}") from exc
        return partial


async def _block(remote: Any, size: int, *, offset: int) -> bytes:
    return bytes(await asyncio.wait_for(remote.read(size, offset), _SECONDS))


def _append(path: Path, block: bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(block)
    except OSError as exc:
        raise StorageFailed(f"cannot write {path}: {exc.strerror}") from exc


def _check_size(file: RemoteFile, *, claimed: int | None) -> None:
    if claimed is None or claimed == file.size:
        return
    if file.size < claimed:
        raise _LeftAlone("still_arriving", f"{file.name}: {file.size} of {claimed} bytes")
    raise BadData(f"{file.name}: {file.size} bytes, its sidecar says {claimed}", hint="Ask the sender for it again")


def _check_digest(copy: Path, function: str, digits: str, *, name: str) -> None:
    with copy.open("rb") as file:
        found = hashlib.file_digest(file, function).hexdigest()
    if found != digits:
        copy.unlink()  # half of it may come from an earlier try: the next one begins anew
        raise BadData(
            f"{name}: {function} starts with {found[:12]}, its sidecar says {digits[:12]}",
            hint="Ask the sender for it again",
        )
