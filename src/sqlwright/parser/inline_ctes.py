"""WITH: each common table expression goes to where it is used, as a derived table."""

from __future__ import annotations

from sqlglot import exp

from .form_error import FormError


def inline_ctes(tree: exp.Expr) -> exp.Expr:
    """`tree` without WITH. Raises FormError for recursion and for a table expression that is used more than once."""
    tree = tree.copy()
    for clause in list(tree.find_all(exp.With, bfs=False)):
        owner = clause.parent
        if clause.args.get("recursive"):
            raise FormError("recursive")
        clause.pop()
        # From the last: one may use those before it.
        ctes = list(clause.expressions)
        for i in reversed(range(len(ctes))):
            _put(ctes[i], [owner, *ctes[:i], *ctes[i + 1 :]])
    return tree


def _put(cte: exp.CTE, where: list[exp.Expr | None]) -> None:
    name = cte.alias.casefold()
    uses = [t for tree in where if tree for t in tree.find_all(exp.Table) if not t.db and t.name.casefold() == name]
    if len(uses) > 1:
        raise FormError("with", f"{cte.alias} is used {len(uses)} times")
    columns = cte.args["alias"].args.get("columns") or []
    for use in uses:
        alias = exp.TableAlias(this=exp.to_identifier(use.alias_or_name), columns=[c.copy() for c in columns])
        derived = exp.Subquery(this=cte.this.copy(), alias=alias)
        if use.args.get("joins"):
            raise FormError("with", cte.alias)
        use.replace(derived)
