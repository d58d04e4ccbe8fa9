"""Reading YAML without the surprises: numbers keep their leading zeros, a key stands once."""

from pathlib import Path
from typing import Any

import yaml

from assets.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """SafeLoader that keeps `012345670123` as text and refuses a key that stands twice."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError):
            # What a tag says (`!!int abc`), or is too long for a number, PyYAML does not look at.
            what = str(node.value) if isinstance(node, yaml.ScalarNode) else "this"
            kind = node.tag.rpartition(":")[2]
            raise yaml.constructor.ConstructorError(
                None, None, f"{what[:40]!r} cannot be read as !!{kind}", node.start_mark
            ) from None


def _int(loader: _Loader, node: yaml.ScalarNode) -> int | str:
    # YAML 1.1 reads a leading zero as octal: an account id of the digits 0 to 7 would become another number.
    text = str(node.value)
    if text.lstrip("+-").startswith("0") and text.strip("0+-"):
        return text
    return int(loader.construct_yaml_int(node))


def _time(loader: _Loader, node: yaml.ScalarNode) -> object:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(
            None, None, f"{node.value} is no date or time ({error})", node.start_mark
        ) from None


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a list or a mapping stands where a key is expected", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{key}' stands there twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _time)
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_yaml(path: Path) -> object:
    """Return what a YAML file holds. Raises `ConfigError` with line and column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; name one with --config, or see the README"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is no UTF-8 text: byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not valid YAML: {_one_line(error)}") from None
    except RecursionError:
        raise ConfigError(f"{path}: is not valid YAML: nested too deeply") from None


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    told = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"{told}{where}"
