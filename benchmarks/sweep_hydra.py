"""The sweep of sweep_torch.py by Hydra: ``python sweep_hydra.py -m hydra/launcher=joblib lr=0.1,0.01 seed=0,1``."""

from dataclasses import dataclass
from pathlib import Path

import hydra
import sweep_torch
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig


@dataclass
class Settings:
    """What is swept."""

    lr: float = 0.01
    seed: int = 0


ConfigStore.instance().store(name="settings", node=Settings)


@hydra.main(version_base=None, config_name="settings")
def main(settings: Settings) -> float:
    """One job."""
    return sweep_torch.train(settings.lr, settings.seed, Path(HydraConfig.get().runtime.output_dir))


if __name__ == "__main__":
    main()
