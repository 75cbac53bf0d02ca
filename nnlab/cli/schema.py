"""``nnlab schema``: specs for editors."""

import typer


def schema_command() -> None:
    """Print the JSON schema of a spec, with which editors complete and check YAML.

    Example: nnlab schema > spec.schema.json
    """
    import json

    from nnlab.spec.schema import spec_schema

    typer.echo(json.dumps(spec_schema(), indent=2, ensure_ascii=False))
