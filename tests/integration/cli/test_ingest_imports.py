"""`ingest` runs on small machines beside a broker: what scores there needs neither learning nor web nor pictures."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from iot_maint.models.detector import Recipe, Rows
from iot_maint.models.kinds import DEFAULT, KINDS

HEAVY = ("sklearn", "scipy", "fastapi", "matplotlib", "joblib", "distributed")
LOADED = f"print([name for name in {HEAVY} if name in sys.modules])\n"
# Restored from plain arrays, as files of models hold them, by the modules that `ingest` loads; five rows are scored.
SCORE = f"""
import json, sys
import numpy as np
from iot_maint.cli import build_app
build_app(("ingest",))
from iot_maint.models.detector import Parts, Rows
from iot_maint.models.kinds import KINDS
kind = KINDS["{DEFAULT}"]
with np.load(sys.argv[1]) as stored:
    detector = kind.restore(Parts(arrays=dict(stored), values=json.load(open(sys.argv[2]))))
rows = Rows(metrics=("vib_rms", "load"), at_ms=np.arange(1, 6) * 300_000, values=np.ones((5, 2)))
[(said, _)] = kind.score_together([detector], [rows], [None])
assert len(said.score) == 5
{LOADED}"""


def test_a_process_that_ingests_and_scores_with_the_tracker_loads_none_of_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    healthy = Rows(
        metrics=("vib_rms", "load"), at_ms=np.arange(1, 5_001) * 300_000, values=1.0 + rng.normal(0, 0.1, (5_000, 2))
    )
    parts = KINDS[DEFAULT].fit(healthy, Recipe(metrics=("vib_rms",), drivers=("load",), bin_s=300.0)).parts()
    arrays, values = tmp_path / "arrays.npz", tmp_path / "values.json"
    with arrays.open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(parts.arrays))
    values.write_text(json.dumps(parts.values), "utf-8")

    said = subprocess.run(
        [sys.executable, "-c", SCORE, str(arrays), str(values)], capture_output=True, text=True, check=False
    )

    assert (said.stdout, said.stderr) == ("[]\n", "")


def test_a_service_that_draws_nothing_carries_no_pictures() -> None:
    code = 'import sys\nfrom iot_maint.cli import build_app\nbuild_app(("serve",))\nprint("matplotlib" in sys.modules)'
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
