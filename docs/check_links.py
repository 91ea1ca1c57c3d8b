"""Check the built site: every link leads to a file, every fragment to a place in it, and no page loads from a network.

`make docs` runs it: python docs/check_links.py site
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def content(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def wrong(site: Path) -> Iterator[str]:
    """What is wrong, page by page."""
    for page in sorted(site.rglob("*.html")):
        if "_static" in page.parts:
            continue
        for kind, target in re.findall(r'\b(href|src)="([^"]*)"', content(page)):
            if re.match(r"https?:|//", target):
                if kind == "src":
                    yield f"{page.relative_to(site)} loads {target} from the network"
                continue
            path, _, fragment = target.partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            file = (page.parent / path.split("?")[0]).resolve() if path else page
            if not file.exists():
                yield f"{page.relative_to(site)} links to {target}, which is not there"
            elif fragment and file.suffix == ".html" and f'id="{fragment}"' not in content(file):
                yield f"{page.relative_to(site)} links to {target}, which has no such place"


if __name__ == "__main__":
    found = list(wrong(Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "all links lead somewhere")
    sys.exit(bool(found))
