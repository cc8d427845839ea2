"""One XML element as paths and texts.

``<ankieta id="7"><dane><nazwisko>Nowak</nazwisko></dane></ankieta>`` is ``{"@id": "7", "dane/nazwisko": "Nowak"}``.
Prefixes are left out, an element that comes again gets a number (``tel``, ``tel#2``), ``<imie/>`` is an empty text and
an element that is not there is missing. Expat reads the element alone, so there is no document type that could define
an entity; an entity other than XML's own five makes the element bad.
"""

from __future__ import annotations

from xml.parsers import expat

MAX_DEPTH = 64
_NIL = ("true", "1")


class BadElement(Exception):
    """An element cannot be read; the text is a reason code, the second argument the byte in the element."""


def parse_element(text: str) -> dict[str, str | None]:
    """The texts and attributes of an element by path.

    Raises:
        BadElement: it is not well-formed, or too deep.
    """
    collector = _Collector()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as exc:
        raise BadElement("not_well_formed", parser.ErrorByteIndex) from exc
    return collector.values


class _Collector:
    def __init__(self) -> None:
        self.values: dict[str, str | None] = {}
        self._paths: list[str] = []
        self._texts: list[list[str]] = []
        self._has_children: list[bool] = []
        self._counts: list[dict[str, int]] = []
        self._is_nil: list[bool] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._paths) == MAX_DEPTH:
            raise BadElement("too_deep", 0)
        path = self._path(_local(name)) if self._paths else ""
        self._paths.append(path)
        self._texts.append([])
        self._has_children.append(False)
        self._counts.append({})
        self._is_nil.append(False)
        for attribute, value in attributes.items():
            self._attribute(path, attribute, value)

    def _path(self, name: str) -> str:
        self._has_children[-1] = True
        count = self._counts[-1][name] = self._counts[-1].get(name, 0) + 1
        name = name if count == 1 else f"{name}#{count}"
        return f"{self._paths[-1]}/{name}" if self._paths[-1] else name

    def _attribute(self, path: str, name: str, value: str) -> None:
        if name == "xmlns" or name.startswith("xmlns:"):
            return
        if name.endswith(":nil"):
            self._is_nil[-1] = value in _NIL
            return
        self.values[f"{path}/@{_local(name)}" if path else f"@{_local(name)}"] = value

    def text(self, data: str) -> None:
        self._texts[-1].append(data)

    def end(self, _: str) -> None:
        path, text = self._paths.pop(), "".join(self._texts.pop())
        has_children, is_nil = self._has_children.pop(), self._is_nil.pop()
        self._counts.pop()
        if has_children and not text.strip():
            return
        if path or text.strip():
            self.values[path or "."] = None if is_nil else text


def _local(name: str) -> str:
    return name.rpartition(":")[2]
