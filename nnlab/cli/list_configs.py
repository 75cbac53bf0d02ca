"""``nnlab list config``: the configs that ship with nnlab."""

from collections.abc import Mapping


def config_names() -> str:
    """The names of the bundled configs on one line, those of a folder as its name."""
    from nnlab.config.bundled import bundled_configs

    names = bundled_configs()
    folders = dict.fromkeys(f"{name.partition('/')[0]}/..." for name in names if "/" in name)
    return ", ".join([*(name for name in names if "/" not in name), *folders])


def print_configs() -> None:
    """Print a table of the bundled configs: name, question, data, model."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.config.bundled import bundled_configs
    from nnlab.config.yaml_reader import read_yaml

    table = Table(
        title="config", title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
    )
    for heading in ("name", "question", "data", "model"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "question")
    group = ""
    for name, path in bundled_configs().items():
        if name.rpartition("/")[0] != group:
            table.add_section()
            group = name.rpartition("/")[0]
        tree = read_yaml(path)
        question = tree.comment[0].removeprefix("#").strip() if tree.comment else ""
        table.add_row(Text(name, "bold"), Text(question), *map(Text, data_and_model(tree.value)))
    results().print(table)


def data_and_model(spec: object) -> tuple[str, str]:
    """The data and the model of a spec or of the base of a sweep; of a descent its function and its optimizer."""
    if not isinstance(spec, Mapping):
        return "", ""
    base = spec.get("base")
    keys = base if isinstance(base, Mapping) else spec
    if "data" in keys:
        return _name(keys["data"]), _name(keys.get("model"))
    rules = keys.get("optimizer")
    several = f"{len(rules)} optimizers" if isinstance(rules, list) else _name(rules)
    return _name(keys.get("function", keys.get("expression"))), several


def _name(component: object) -> str:
    return str(component.get("name", "") if isinstance(component, Mapping) else component or "")
