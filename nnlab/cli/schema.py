"""``nnlab schema``: the JSON schema of specs."""

from nnlab.cli.console import echo


def schema_command() -> None:
    """Print the JSON schema of specs, for completion and validation of YAML in an editor.

    Example: nnlab schema > spec.schema.json
    """
    import json

    from nnlab.config.schema import spec_schema

    echo(json.dumps(spec_schema(), indent=2, ensure_ascii=False))
