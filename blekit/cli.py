"""``blekit``: the command line.

Commands import what they need when they run, so that ``blekit --help`` answers at once. Whatever we raise on purpose
ends as one coded line and the exit code of ``config.errors``; whatever we did not foresee ends as exit 70 with a log
file. A traceback never reaches the terminal.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from blekit.commands import (
    audit,
    bench,
    cutover,
    db,
    estate,
    explain,
    feed,
    link,
    model,
    quarantine,
    recon,
    release,
    review,
    score,
    sources,
    steps,
)
from blekit.output import AsJson, print_error
from config.errors import BlekitError, BugError, StorageFailed, UsageError

# Typer brings its own Click and does not export the class all its complaints share.
_CLICK_ERROR = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="blekit",
    help="One customer out of a telecom's hundreds of non-integrated regional systems.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(estate.app, name="estate")
app.add_typer(sources.app, name="sources")
app.add_typer(cutover.app, name="cutover")
app.add_typer(feed.app, name="feed")
app.add_typer(release.app, name="release")
app.add_typer(recon.app, name="recon")
app.add_typer(model.app, name="model")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(review.app, name="review")
app.add_typer(audit.app, name="audit")
app.add_typer(bench.app, name="bench")
app.add_typer(db.app, name="db")
app.command("extract")(steps.extract)
app.command("standardise")(steps.standardise)
app.command("resolve")(steps.resolve)
app.command("link")(link.link)
app.command("explain")(explain.explain)
app.command("customer")(explain.customer)
app.command("score")(score.score)


@app.command()
def up(as_json: AsJson = False) -> None:
    """Start the embedded PostgreSQL, Airflow and the steward's pages; what runs already is left alone."""
    from blekit.commands.up import up as run

    run(as_json=as_json)


@app.command()
def down(as_json: AsJson = False) -> None:
    """Stop everything `blekit up` started; the data stay."""
    from blekit.commands.up import down as run

    run(as_json=as_json)


@app.command()
def status(as_json: AsJson = False) -> None:
    """What runs, where it answers and how to log in."""
    from blekit.commands.up import status as run

    run(as_json=as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look over the machine, the installation, the database and Airflow; exit 1 when something is wrong."""
    from blekit.commands.doctor import doctor as run

    run(as_json=as_json)


def _version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"blekit {version('blekit')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One customer out of a telecom's hundreds of non-integrated regional systems."""


def main() -> None:
    """Entry point: run a command and end with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command with these arguments; its exit code."""
    as_json = "--json" in arguments
    try:
        code = app(args=arguments, prog_name="blekit", standalone_mode=False)
        return int(code or 0)
    except BlekitError as error:
        print_error(error, as_json=as_json)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted; run the same command again to go on\n")
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough (`blekit sources list | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        refused = StorageFailed(f"{error.filename or 'the system'}: {error.strerror or type(error).__name__}")
        print_error(refused, as_json=as_json)
        return refused.exit_code
    except Exception as error:  # noqa: BLE001 - the last line of defence: nothing may end as a traceback
        return _fail(error, as_json=as_json)


def _fail(error: Exception, *, as_json: bool) -> int:
    """Called wrongly, refused by the disk, or a bug of ours that goes into a log file."""
    if isinstance(error, _CLICK_ERROR):
        told = getattr(error, "format_message", lambda: "")()
        wrong = UsageError(told or "a command is missing", hint="`blekit --help`, or --help after any command")
        print_error(wrong, as_json=as_json)
        return wrong.exit_code
    log = _write_log(error)
    # The message of a foreign exception may quote data: only its type is told.
    bug = BugError(f"unexpected {type(error).__name__}", hint=f"Please report it with {log}" if log else "")
    print_error(bug, as_json=as_json)
    return bug.exit_code


def _write_log(error: Exception) -> Path | None:
    """The stack of an unexpected error, without its messages, in a file; None when even that fails."""
    from config.settings import load_settings

    try:
        folder = load_settings().home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"bug-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
        frames = traceback.format_tb(error.__traceback__)
        path.write_text(f"{type(error).__name__}\n{''.join(frames)}", encoding="utf-8")
    except (OSError, BlekitError):
        return None
    return path
