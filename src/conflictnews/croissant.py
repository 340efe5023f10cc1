"""The corpus described in Croissant 1.0 (JSON-LD for data sets, MLCommons), so that catalogues and loaders find files, checksums and columns.

Every Parquet file of a config is a file object with its SHA-256; every config is a record set over its splits. A column of structs, or of lists of them, is one field with its sub-fields, one level deep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from conflictnews.tables import CONFIGS

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The terms of the standard; they may not be shortened."""

TYPES = {"string": "sc:Text", "int64": "sc:Integer", "float64": "sc:Float", "tag": "sc:Integer"}

DESCRIPTIONS = {
    "documents": "One row a page, its layers nested; what lies deeper than one struct (arguments, triggers, the parts of quotes) is in the configs of the layers.",
    "entities": "One row a mention, with context.",
    "events": "One row an event mention, with the context of its trigger.",
    "quotes": "One row a quote, with the context of its content.",
    "boilerplate": "One row a visible line, with the kind of furniture that it is or MAIN.",
    "ner": "One row a paragraph: tokens and IOB2 tags of the outermost names and values.",
}
"""Config -> what a row of it is."""


def croissant(files: Mapping[str, bytes], *, version: str, date: str, canary: str) -> dict[str, Any]:
    """The JSON-LD of a corpus; `files` are its built Parquet files by path, ``data/<config>/<split>.parquet``."""
    parquet = {name: data for name, data in sorted(files.items()) if name.endswith(".parquet")}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "conflictnews",
        "description": f"An annotated corpus of conflict news: entities, events with who claims them, quotes with their speakers, boilerplate by kind. {canary}",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "version": version,
        "datePublished": date,
        "keywords": ["conflict", "news", "named entities", "event extraction", "quotation attribution", "boilerplate removal"],
        "inLanguage": "en",
        "isLiveDataset": False,
        "citeAs": f"The conflictnews authors: conflictnews, an annotated corpus of conflict news, version {version}.",
        "creator": {"@type": "sc:Organization", "name": "The conflictnews authors"},
        "distribution": [_file(name, data) for name, data in parquet.items()],
        "recordSet": [_record_set(config, name) for config in CONFIGS for name in parquet if name.split("/")[1] == config],
    }


def _file(name: str, data: bytes) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{len(data)} B",
        "encodingFormat": "application/x-parquet",
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _record_set(config: str, path: str) -> dict[str, Any]:
    name = f"{config}/{path.split('/')[-1].removesuffix('.parquet')}"
    fields = [_field(f"{name}/{column}", kind, {"fileObject": {"@id": path}, "extract": {"column": column}}) for column, kind in CONFIGS[config].items()]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": DESCRIPTIONS[config], "field": fields}


def _field(name: str, kind: Any, source: dict[str, Any]) -> dict[str, Any]:
    """A column; a list is `repeated`, and what lies in a struct is a sub-field taken out by JSONPath."""
    inner = kind[0] if isinstance(kind, list) else kind
    field: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": name, "source": source}
    if isinstance(kind, list):
        field["repeated"] = True
    if isinstance(inner, dict):
        plain = {key: part for key, part in inner.items() if isinstance(part, str)}  # readers take one level out of a column
        field["subField"] = [_field(f"{name}/{key}", part, {**source, "transform": {"jsonPath": f"$.{key}"}}) for key, part in plain.items()]
    else:
        field["dataType"] = TYPES[inner]
    return field
