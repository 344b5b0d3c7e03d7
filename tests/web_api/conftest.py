import sys
from pathlib import Path

for folder in ("web_api", "web", "runtime", "live", "carriers/emulator"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "benchmarks" / "kits"))
