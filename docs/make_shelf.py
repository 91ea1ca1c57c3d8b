"""Make docs/conjectures/README.md from the conjectures beside it: `make pictures`."""

from __future__ import annotations

from pathlib import Path

from resolvent.conjectures.file.reader import read_conjecture

SHELF = Path(__file__).with_name("conjectures")
PAGE = SHELF / "README.md"

HEAD = """# A shelf of conjectures

Each file is a conjecture with the verdict that it should get; the tests check that it does, and for the reason that the
file gives. `samplers.py` has the samplers of those whose models have no route of derivation:

```
resolvent check docs/conjectures/anticommutator.toml --allow-code
```

"""


def page() -> str:
    """The whole page."""
    conjectures = [read_conjecture(path) for path in sorted(SHELF.glob("*.toml"))]
    parts = [HEAD]
    for verdict, title in (("supported", "True"), ("refuted", "False, in instructive ways")):
        parts.append(f"## {title}\n\n| file | what it says | remark |\n|---|---|---|\n")
        for found in conjectures:
            if found.expected is not None and found.expected[0] == verdict:
                parts.append(f"| [{found.name}]({found.name}.toml) | {found.title} | {' '.join(found.notes)} |\n")
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
