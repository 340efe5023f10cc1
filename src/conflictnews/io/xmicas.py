"""The CAS in an XMI file: everything that dkpro-cassis would pass over in silence, or stumble on without saying where, is an error here."""

from __future__ import annotations

import warnings
from collections import Counter
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from conflictnews.errors import DocumentError
from conflictnews.io.xmi import cassis_module, own_types
from conflictnews.io.xmitypes import SHIPPED

_XMI, _CAS = "{http://www.omg.org/XMI}", "{http:///uima/cas.ecore}"


def load_cas(file: Path) -> Any:
    """The CAS in an XMI file, by the type system beside it or else by our own with that of DKPro Core."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DocumentError(f"{file}: cannot be read ({error.strerror})") from error
    return _load(data, file, _scan(data, file))


def listed(counts: Counter[str], names: list[str]) -> str:
    """Names with their numbers, in order of name."""
    return ", ".join(f"{name} ({counts[name]})" for name in sorted(names))


def _scan(data: bytes, file: Path) -> Counter[str]:
    """How many elements of each type there are; DocumentError for what a CAS loader would fail on without saying where, or would pass over."""
    from lxml import etree

    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise DocumentError(f"{file}: the file has a document type declaration, which XMI does not need and which is not read")
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"{file}: is no well-formed XML 1.0 ({error}); export it again, as XMI of XML 1.0 where the tool has several") from None
    if root.tag != f"{_XMI}XMI":
        raise DocumentError(f"{file}: is XML but no XMI: it opens with {root.tag}")
    ids = Counter(element.get(f"{_XMI}id") for element in root if element.get(f"{_XMI}id") is not None)
    if ids and ids.most_common(1)[0][1] > 1:
        raise DocumentError(f"{file}: the xmi:id {ids.most_common(1)[0][0]} comes twice; each element has its own")
    indexed = {member for view in root.iter(f"{_CAS}View") for member in (view.get("members") or "").split()} | {element.get("target") for element in root}
    counts: Counter[str] = Counter()
    for element in root:
        if not isinstance(element.tag, str):
            continue
        name = element.tag.removeprefix("{http:///").replace(".ecore}", ".").replace("/", ".")
        counts[name] += 1
        if element.get("begin") is not None and element.get(f"{_XMI}id") not in indexed:
            raise DocumentError(
                f"{file}: {name} {element.get('begin')}-{element.get('end')} is not among the members of a View, so that no tool sees it; add its xmi:id or delete it"
            )
    return counts


@lru_cache(maxsize=8)
def _types_in(path: Path | None, stamp: int) -> Any:
    """The type system in a file (as it stood at `stamp`); without one our own together with that of DKPro Core."""
    cassis = cassis_module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cassis opens its own resources in a deprecated way
        return cassis.merge_typesystems(cassis.load_dkpro_core_typesystem(), own_types()) if path is None else cassis.load_typesystem(path)


def _load(data: bytes, file: Path, counts: Counter[str]) -> Any:
    beside = next((p for p in sorted(file.parent.iterdir()) if p.name.lower() == "typesystem.xml"), None)
    try:
        system = _types_in(beside, beside.stat().st_mtime_ns if beside else 0)
    except Exception as error:  # whatever cassis meets in a file that is no type system
        raise DocumentError(f"{beside or SHIPPED}: is no type system description ({type(error).__name__}: {error}); export it again or take it away") from None
    unknown = [name for name in counts if not name.startswith("uima.cas.") and not system.contains_type(name.removeprefix("uima.noNamespace."))]
    if unknown:
        where = beside or "the types of this package and of DKPro Core"
        raise DocumentError(f"{file}: has types that are not in {where}: {listed(counts, unknown)}; put the TypeSystem.xml that the tool exports beside the file")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            cas = cassis_module().load_cas_from_xmi(BytesIO(data), system, trusted=True)
        except Exception as error:  # cassis answers broken input with whatever its code stumbles on
            said = {"KeyError": f"it refers to an element {error} that is not there"}.get(type(error).__name__, f"{type(error).__name__}: {error}")
            raise DocumentError(f"{file}: does not fit its type system ({said}); export XMI and TypeSystem.xml together") from None
    strayed = [str(w.message) for w in heard if "external offset" in str(w.message)]
    if strayed:
        raise DocumentError(f"{file}: an annotation starts or ends outside the text or within a character ({strayed[0]}); XMI counts UTF-16 units")
    return cas
