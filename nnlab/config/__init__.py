"""What a YAML file may say: read strictly, checked against the registered components, completed with defaults."""
