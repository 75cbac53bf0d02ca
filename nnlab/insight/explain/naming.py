"""What a name on the command line means: components, aliases of other libraries, keys of the spec, diagnoses."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnlab.aliases import aliases
from nnlab.config.completions import dotted_keys
from nnlab.config.experiment import spec_sections
from nnlab.errors import UsageError
from nnlab.insight.doctor.rules import Rule
from nnlab.insight.doctor.table import RULES
from nnlab.registry import REGISTRIES, Hyperparameter, hyperparameters
from nnlab.text import LONGEST_WORD, near_hint, quote


@dataclass(frozen=True)
class NamedComponent:
    """A registered component, and the name of another library under which it was asked for (empty: its own)."""

    kind: str
    name: str
    alias: str = ""


@dataclass(frozen=True)
class NamedKey:
    """A key of components or sections, each with its kind and name."""

    key: str
    owners: Sequence[tuple[str, str, Hyperparameter]]


def find(name: str) -> Sequence[NamedComponent] | NamedKey | Rule:
    """The components of a name, those of several kinds included, else the key or the rule of the doctor.

    ``KIND/NAME`` is one component, a name with a dot a key of a spec.

    Raises UsageError for a name that means nothing, with the nearest one.
    """
    kind, slash, own = name.rpartition("/")
    if slash:
        return [_of_kind(kind, own)]
    if found := _components(name):
        return found
    if found := [other for alias in _aliases_of(name) for other in _components(alias, name)]:
        return found
    section, _, last = name.rpartition(".")
    if last in REGISTRIES.get(section, ()):  # penalty.l1
        return [NamedComponent(section, last)]
    if owners := _owners(name.removesuffix(".name")):
        return NamedKey(name.removesuffix(".name"), owners)
    if rule := next((rule for rule in RULES if rule.name == name), None):
        return rule
    if found := [other for own in _same_letters(name) for other in _components(own, name)]:
        return found
    if owners := [owner for alias in _aliases_of(name) for owner in _owners(alias)]:
        return NamedKey(owners[0][2].name, owners)
    raise UsageError(
        f"no component, key or diagnosis is called {quote(name)}; {near_hint(name, known_names())}"
        "nnlab list shows the components"
    )


def known_names() -> list[str]:
    """Every name that can be explained, but for keys with dots."""
    keys = (parameter.name for section in spec_sections().values() for parameter in hyperparameters(section))
    components = (name for registry in REGISTRIES.values() for name in registry.names())
    return [*dict.fromkeys([*components, *keys, *(rule.name for rule in RULES)])]


def completions() -> list[str]:
    """Every name, with its kind where two kinds have it, and the keys of a spec."""
    places = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry.names() if _is_own(kind, name)]
    names = [name for _, name in places]
    keys = (key for key in dotted_keys() if not key.endswith(".name"))
    with_kind = (f"{kind}/{name}" for kind, name in places if names.count(name) > 1)
    return sorted({*names, *with_kind, *keys, *(rule.name for rule in RULES)})


def _of_kind(kind: str, name: str) -> NamedComponent:
    if kind not in REGISTRIES:
        raise UsageError(f"no kind is called {quote(kind)}; {near_hint(kind, [*REGISTRIES])}the kinds are {_kinds()}")
    if name not in REGISTRIES[kind]:
        known = REGISTRIES[kind].names()
        raise UsageError(f"no {kind} is called {quote(name)}; {near_hint(name, known)}there are {', '.join(known)}")
    return NamedComponent(kind, name)


def _kinds() -> str:
    return ", ".join(REGISTRIES)


def _components(name: str, alias: str = "") -> list[NamedComponent]:
    kinds = [kind for kind, registry in REGISTRIES.items() if name in registry and _is_own(kind, name)]
    return [NamedComponent(kind, name, alias) for kind in kinds]


def _is_own(kind: str, name: str) -> bool:
    """Whether a name is of this kind itself: every activation is a layer too."""
    return not (kind == "layer" and name in REGISTRIES["activation"])


def _aliases_of(name: str) -> Sequence[str]:
    return aliases(name) if len(name) <= LONGEST_WORD else ()


def _same_letters(name: str) -> Sequence[str]:
    """nnlab's names that differ in capitals, _ and - only: ``leaky_relu`` for ``LeakyReLU``."""
    if len(name) > LONGEST_WORD:
        return ()
    names = dict.fromkeys(own for registry in REGISTRIES.values() for own in registry.names())
    return [own for own in names if _letters(own) == _letters(name)]


def _letters(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


def _owners(name: str) -> list[tuple[str, str, Hyperparameter]]:
    """The components and sections with a key: ``lr`` of all optimizers, ``train.clip_norm`` of one section."""
    section, dot, key = name.rpartition(".")
    places = [("spec", own, cls) for own, cls in spec_sections().items()]
    places += [(kind, own, cls) for kind, registry in REGISTRIES.items() for own, cls in registry.items()]
    found = []
    for kind, own, cls in places:
        if dot and section.rpartition(".")[2] not in (own, _KEYS_OF_KINDS.get(kind, kind)):
            continue
        if kind != "spec" and not _is_own(kind, own):
            continue
        found += [(kind, own, parameter) for parameter in hyperparameters(cls) if parameter.name == key]
    return found or (_owners(key) if name in dotted_keys() else [])  # model.init.std


# The key of a spec that takes a component of a kind.
_KEYS_OF_KINDS = {"dataset": "data", "control": "early_stopping", "augmentation": "augment"}
