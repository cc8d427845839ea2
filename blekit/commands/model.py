"""``blekit model``: the matching model, how another one is made, and how it goes live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blekit.output import AsJson, bits, fields, line, reporter, show, table
from config.errors import GateFailed, StorageFailed, UsageError

if TYPE_CHECKING:
    from pipeline.installation import Installation

app = typer.Typer(
    help="The matching model: frozen weights, made by training, never by a cutover.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="File of a model (.yml), version of a registered one, or default.")]
Row = dict[str, Any]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Models kept in this warehouse, which is in use, and the releases made with each.

    Example: blekit model list
    """
    from pipeline.installation import Installation
    from pipeline.model_view import model_rows

    def render(rows: list[Row]) -> None:
        columns = ("version", "is_active", "is_shipped", "registered_at", "registered_by", "releases")
        table([{**row, "version": row["version"][:12]} for row in rows], columns)

    show(model_rows(Installation()), as_json=as_json, render=render)


@app.command("show")
def show_model(
    name: Annotated[
        str | None, typer.Argument(help="File (.yml), version, or default; the model in use when left out.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with the weights as bars.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a model holds: its classes, what each level is worth, and where its costs put the decisions.

    Example: blekit model show default --html model.html
    """
    from pipeline.installation import Installation
    from pipeline.model_view import describe_model

    described = describe_model(Installation(), name)
    if html is not None:
        from blekit.weights_chart import page

        _write(html, page(described))
    show(described, as_json=as_json, render=_render_model)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise StorageFailed(f"cannot write {path}: {exc.strerror}") from exc


def _render_model(model: Row) -> None:
    from blekit.weights_chart import told_thresholds

    fields({**{name: model[name] for name in ("version", "trained_on", "costs")}, "decisions": told_thresholds(model)})
    for kind, weights in model["weights"].items():
        line(f"\n{kind}: classes of pairs")
        classes = [{**one, "class": one["name"], "share": _percent(one["share"])} for one in model["classes"][kind]]
        table(classes, ("class", "share", "is_same"))
        line(f"\n{kind}: log2 of how much more often a level occurs among pairs of one customer")
        rows = [{**one, "bits": bits(one["match_weight"]), **_shares(one)} for one in weights]
        table(rows, ("comparison", "level", "bits", "m", "u"))


def _shares(one: Row) -> Row:
    return {"m": _percent(one["same_share"]), "u": _percent(one["other_share"])}


def _percent(millionths: int) -> str:
    return f"{millionths / 10_000:.2f} %"


@app.command()
def train(
    deliveries: Annotated[
        Path | None,
        typer.Option("--deliveries", help="Folder of deliveries instead of what this installation accepted."),
    ] = None,
    units: Annotated[str, typer.Option("--units", help="Only records of these units, commas between.")] = "",
    batches: Annotated[str, typer.Option("--batches", help="Only these accepted batches, commas between.")] = "",
    out: Annotated[Path, typer.Option("--out", help="YAML file to write.")] = Path("model.yml"),
    seed: Annotated[int, typer.Option("--seed", help="Of the sample of pairs, where there are too many.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Train a model without labels on the deliveries accepted here, and write it to a file. Nothing goes live.

    Example: blekit model train --seed 7 --out model.yml
    """
    from pipeline.installation import Installation
    from pipeline.training import train_on_batches, train_on_deliveries

    chosen, some = _names(units), _names(batches)
    if deliveries is not None:
        if chosen or some:
            raise UsageError("--units and --batches choose among accepted deliveries, not in a folder")
        result = train_on_deliveries(deliveries, out=out, seed=seed, progress=reporter())
    else:
        result = train_on_batches(Installation(), out=out, seed=seed, units=chosen, batch_ids=some, progress=reporter())
    show(result, as_json=as_json, render=_render_training)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _render_training(result: Row) -> None:
    fields({name: value for name, value in result.items() if name != "lessons"})
    for lesson in result["lessons"]:
        line(f"\n{lesson['party_kind']}")
        fields(lesson, ("records", "candidate_pairs", "learned_from", "patterns", "steps"))
        line()
        rows = [{**one, "class": one["name"], **_lesson_shares(one)} for one in lesson["classes"]]
        table(rows, ("class", "share", "identified_pairs", "identity_share", "is_same"))
        line()
        table(lesson["blocks"], ("rule", "pairs", "new_pairs", "split_blocks", "dropped_blocks", "dropped_records"))


def _lesson_shares(one: Row) -> Row:
    identity = one["identity_share"]
    return {"share": _percent(one["share"]), "identity_share": None if identity is None else _percent(identity)}


@app.command()
def activate(
    name: Name,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; publish nothing.")] = False,
    requester: Annotated[str, typer.Option("--as", help="Account that asks; another one must approve.")] = "engineer",
    approver: Annotated[
        str | None,
        typer.Option("--approver", help="Account that approves; its password is read from a prompt or from stdin."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the ledger.")] = "command line",
    as_json: AsJson = False,
) -> None:
    """Make the nation anew with another model: rehearse, impact, approval, publish. The former model takes it back.

    Example: blekit model activate model.yml --dry-run
    """
    from blekit.people import known_account
    from pipeline import activating
    from pipeline.installation import Installation

    installation = Installation()
    account = known_account(installation, requester)
    if dry_run:
        result = activating.rehearse_model(installation, name, account, progress=reporter())
    else:
        if not activating.may_activate(installation, name):
            _approved(installation, name, account, approver=approver, reason=reason)
        result = activating.activate_model(installation, name, account, progress=reporter())
    show(result, as_json=as_json, render=_render_impact)


def _approved(installation: Installation, name: str, requester: str, *, approver: str | None, reason: str) -> None:
    from pipeline import activating

    rehearsed = activating.rehearse_model(installation, name, requester, progress=reporter())
    rehearsal_id = rehearsed["rehearsal_id"]
    if approver is None:
        raise GateFailed(
            f"the model waits for approval of rehearsal {rehearsal_id} by another account than {requester}",
            hint=f"`blekit model approve {rehearsal_id} --as approver`, then this command again",
        )
    _decided(installation, rehearsal_id, approver=approver, decision="go", reason=reason)


def _decided(installation: Installation, rehearsal_id: str, *, approver: str, decision: str, reason: str) -> Row:
    from blekit.people import authenticated
    from pipeline import activating

    account = authenticated(installation, approver)
    return activating.approve_model(installation, rehearsal_id, decision, account, reason)


@app.command()
def approve(
    rehearsal_id: Annotated[str, typer.Argument(help="Rehearsal that was looked at, such as nation-1")],
    approver: Annotated[
        str, typer.Option("--as", help="Account that decides; its password is asked for.")
    ] = "approver",
    no_go: Annotated[bool, typer.Option("--no-go", help="Refuse instead of approve.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the ledger.")] = "",
    as_json: AsJson = False,
) -> None:
    """Record a Go, or a No-go, on the rehearsal of a model, as another account than the one that asked for it.

    Example: blekit model approve nation-1 --as approver --reason "impact looked at"
    """
    from pipeline.installation import Installation

    decision = "no_go" if no_go else "go"
    result = _decided(Installation(), rehearsal_id, approver=approver, decision=decision, reason=reason)
    show(result, as_json=as_json, render=fields)


def _render_impact(result: Row) -> None:
    nested = ("impact", "links", "cross_check", "seconds", "failures")
    fields({name: value for name, value in result.items() if name not in nested})
    impact = result.get("impact")
    if impact is None:
        return
    line()
    fields({name: impact[name] for name in ("records", "customers", "ids", "links", "queue", "relationships")})
    changed = {name: count for name, count in impact["golden_values"].items() if count}
    fields({"golden_values": changed or "none changed"})
    line()
    columns = ("customers_before", "customers_after", "records", "records_regrouped", "cases_opened", "cases_closed")
    table(impact["by_unit"], ("unit", *columns))
    line()
    table(
        impact["examples"],
        ("change", "records", "customer_ids_before", "customer_ids_after", "record_refs"),
        nothing="no customer changed",
    )
