"""Commands as people type them: options that count once, and words for what other packages call otherwise."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

_ELSEWHERE = {
    "plot": "`resolvent density LAW --output law.png` draws",
    "spectrum": "`resolvent density LAW` has support, atoms and density",
    "sample": "`resolvent verify NAME` samples; in Python, model.sample(sizes)",
    "simulate": "`resolvent verify NAME` samples; in Python, model.sample(sizes)",
    "latex": "`resolvent derive LAW --format latex` prints it",
    "outliers": "`resolvent compare FILE LAW` counts them",
    "components": "`resolvent compare FILE LAW` counts them",
    "shrink": "in Python, resolvent.shrink(eigenvalues, ratio)",
}


class Once(TyperCommand):
    """A command that refuses an option given twice, unless the option may be repeated."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments that are left; leaves with a message where an option is there twice."""
        if not ctx.resilient_parsing:
            _, _, given = self.make_parser(ctx).parse_args(list(args))
            for option in given:
                single = option.param_type_name == "option" and not (
                    option.multiple or getattr(option, "is_flag", False)
                )
                if single and given.count(option) > 1:
                    ctx.fail(f"{option.opts[0]} is given twice, and only one counts; leave the other out")
        return super().parse_args(ctx, args)


class Commands(TyperGroup):
    """The commands, with a hint where a name is that of something else."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of a name and the arguments that are left; leaves with a message where there is none."""
        if args and args[0] in _ELSEWHERE:
            ctx.fail(f"No such command {args[0]!r}: {_ELSEWHERE[args[0]]}")
        return super().resolve_command(ctx, args)
