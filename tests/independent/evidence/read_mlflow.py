"""Register an exported version with MLflow, load it, and read it back; runs in MLflow's environment, without Steward.

`python read_mlflow.py FOLDER ROWS`: a folder that `steward export --format mlflow` wrote, and rows as JSON: of each
column its cells. Prints what the registry has and what the model says, as JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd

if __name__ == "__main__":
    folder, rows = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        uri = f"sqlite:///{place}/mlflow.db"
        os.environ |= {
            "MLFLOW_TRACKING_URI": uri,
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true",
            "MLFLOW_ARTIFACTS": place,
        }
        os.chdir(place)
        done = subprocess.run([sys.executable, folder / "register.py"], check=True, stdout=subprocess.PIPE, text=True)
        import mlflow

        name = json.loads((folder / "registry.json").read_bytes())["registered_model"]["name"]
        client = mlflow.MlflowClient()
        made = client.get_model_version(name, done.stdout.split()[-1])
        run = client.get_run(made.run_id).data
        loaded = mlflow.pyfunc.load_model(f"models:/{name}/{made.version}")
        frame = pd.DataFrame(rows)
        found = {
            "mlflow": version("mlflow-skinny"),
            "tags": made.tags,
            "owner": client.get_registered_model(name).tags,
            "metrics": run.metrics,
            "params": run.params,
            "inputs": [column.name for column in loaded.metadata.signature.inputs.inputs],
            "says": loaded.predict(frame)[:, 1].tolist(),
        }
        print(json.dumps(found))
