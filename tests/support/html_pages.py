"""A page of HTML as a browser reads it, checked to be valid, self-contained and without scripts."""

from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "img", "source", "br", "hr", "link", "input"}
LOADING = {"src", "srcset", "href", "action", "data", "poster", "background", "formaction", "xlink:href"}
FORBIDDEN = {"script", "iframe", "object", "embed", "link", "base", "form", "svg", "math"}


class Page(HTMLParser):
    """Elements and text of a page; raises AssertionError for what a report must not have."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        self.close()
        assert self.open == [], f"not closed: {self.open}"
        ids = [attributes["id"] for _, attributes in self.elements if "id" in attributes]
        assert len(ids) == len({*ids})
        targets = {(attributes["href"] or "") for tag, attributes in self.elements if tag == "a"}
        assert targets <= {f"#{name}" for name in ids}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len({*names}), f"{tag} has an attribute twice: {names}"
        assert tag not in FORBIDDEN
        assert not [name for name in names if name.startswith("on")]
        for name, value in attrs:
            if name in LOADING:
                assert value.startswith(("data:image/png;base64,", "#")), value[:100]
        attributes = dict(attrs)
        if tag == "img":
            assert attributes["alt"]
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def handle_decl(self, decl: str) -> None:
        assert decl == "DOCTYPE html"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element with this tag."""
        return [attributes for name, attributes in self.elements if name == tag]
