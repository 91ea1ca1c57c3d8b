"""Options that count once: a second value would replace the first without a word."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


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
