import sys
from pathlib import Path

# The worlds of the runtime tests and the live floors serve here too.
for folder in ("runtime", "live", "carriers/emulator"):
    sys.path.insert(0, str(Path(__file__).parent.parent / folder))
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "benchmarks" / "kits"))
