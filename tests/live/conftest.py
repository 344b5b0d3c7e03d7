import sys
from pathlib import Path

# The world, the running processes and the auditor of the runtime tests serve here too.
sys.path.insert(0, str(Path(__file__).parent.parent / "runtime"))
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "benchmarks" / "kits"))
sys.path.insert(0, str(Path(__file__).parent.parent / "carriers" / "emulator"))
