"""Components of the user's own: files named with ``--plugin``, and plugins of installed packages."""

from nnlab.plugins.loading import load_plugin, load_plugins
from nnlab.plugins.plugin import Plugin

__all__ = ["Plugin", "load_plugin", "load_plugins"]
