"""The contract as a plain OpenAPI document for one day and dialect, for tools that know nothing of our extensions.

What plain OpenAPI cannot say is decided: a property came on a day (`x-since`), a bound holds from a day on or is left
open (MAY), an endpoint of another dialect is asked in another way. Extensions are gone.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from conformance.contract.openapi import BETA_HEADER, Document, Node, mapping
from conformance.contract.requirements import Level, Requirement

DIALECTS = ("openai", "azure")

# What a bound is; types, members and unions are how a value looks, whatever a requirement says of them.
_BOUNDS = {
    *("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "enum", "not"),
    *("maxItems", "minItems", "maxProperties", "minProperties", "additionalProperties", "required"),
}
# How OpenAPI 3.1 spells the bytes of a file; `format: binary` is that of 3.0, and text.
_BYTES = {"contentMediaType": "application/octet-stream"}
_AZURE_SERVER = {
    "url": "https://{resource}.openai.azure.com/openai",
    "variables": {"resource": {"default": "example", "description": "The name of the Azure OpenAI resource."}},
}
_AZURE_KEY = {"type": "apiKey", "in": "header", "name": "api-key"}
_AZURE_VERSION = {
    "name": "api-version",
    "in": "query",
    "required": True,
    "description": "The version of the service, such as 2024-05-01-preview.",
    "schema": {"type": "string"},
}


def plain_document(
    document: Document, requirements: Mapping[str, Requirement], on: date, dialect: str = "openai"
) -> dict[str, Any]:
    """The document as it holds on a day, for an endpoint of a dialect: JSON without references out of it."""
    tree: dict[str, Any] = _Plain(document, requirements, on).of(document.tree)
    tree["info"]["description"] = f"As of {on.isoformat()}, for endpoints of the dialect {dialect}."
    if dialect == "azure":
        _speak_azure(tree, document)
    return tree


def _speak_azure(tree: dict[str, Any], document: Document) -> None:
    """Key in `api-key`, a version in the query, and no beta header, which Azure never asked for."""
    tree["servers"] = [_AZURE_SERVER]
    tree["components"]["securitySchemes"] = dict.fromkeys(tree["components"]["securitySchemes"], _AZURE_KEY)
    beta = {
        f"#/components/parameters/{name}"
        for name, node in document.tree["components"]["parameters"].items()
        if str(node["name"]).lower() == BETA_HEADER
    }
    for item in tree["paths"].values():
        kept = [one for one in item.get("parameters", ()) if one.get("$ref") not in beta]
        item["parameters"] = [*kept, {"$ref": "#/components/parameters/ApiVersion"}]
    parameters = tree["components"]["parameters"]
    tree["components"]["parameters"] = {
        **{name: node for name, node in parameters.items() if f"#/components/parameters/{name}" not in beta},
        "ApiVersion": _AZURE_VERSION,
    }


class _Plain:
    """Nodes of a document as they are on one day."""

    def __init__(self, document: Document, requirements: Mapping[str, Requirement], on: date) -> None:
        self._document = document
        self._requirements = requirements
        self._on = on

    def of(self, node: Node, *, names: bool = False) -> Node:
        """A node without extensions and open bounds; the keys of one with `names` are names, not keywords."""
        if isinstance(node, list):
            return [self.of(one) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("format") == "binary":
            return dict(_BYTES)
        if "encoding" in node and not names:
            return {"schema": self._form(node)}
        kept: dict[str, Any] = {}
        for word, value in node.items():
            if not names and (str(word).startswith("x-") or (word in _BOUNDS and self._is_open(node, word))):
                continue
            kept[word] = (
                value if word in ("enum", "default") else self.of(value, names=word in ("properties", "schemas"))
            )
        if names:
            return kept
        if "allOf" in kept and not any(kept["allOf"]):  # every bound in it is open
            del kept["allOf"]
        if isinstance(kept.get("required"), list):
            kept["required"] = [name for name in kept["required"] if not self._came_later(node, name)]
        return kept

    def _form(self, media: Node) -> Node:
        """The schema of a form, an object within it as the parts `name[member]`: few tools read the style of a part."""
        form = self.of(self._document.resolve(media["schema"]))
        parts: dict[str, Node] = {}
        together: dict[str, list[str]] = {}
        for name, schema in form["properties"].items():
            if mapping(media["encoding"].get(name)).get("style") != "deepObject":
                parts[name] = schema
                continue
            within = self.of(self._document.resolve(schema))
            parts |= {f"{name}[{member}]": inner for member, inner in within["properties"].items()}
            needed = [f"{name}[{member}]" for member in within["required"]]
            together |= {part: [other for other in needed if other != part] for part in needed}
        return {**form, "properties": parts, "dependentRequired": together}

    def _is_open(self, node: Node, word: str) -> bool:
        """Whether a bound does not hold on the day, or only may be kept."""
        named = node.get("x-requirement")
        name = mapping(named).get(word, mapping(named).get("*", named))
        bound = self._requirements.get(name) if isinstance(name, str) else None
        return bound is not None and (bound.level is Level.MAY or not bound.applies(self._on))

    def _came_later(self, node: Node, name: str) -> bool:
        """Whether answers did not have a member yet; the day stands beside a reference or where that leads."""
        own = mapping(mapping(node.get("properties")).get(name))
        since = own.get("x-since", mapping(self._document.resolve(own)).get("x-since"))
        return since is not None and self._on < date.fromisoformat(str(since))
